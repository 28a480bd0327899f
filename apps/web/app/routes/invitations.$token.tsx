import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Form, Link, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { act, load } from '~/api.server';
import { Button, buttonStyle, Card, ServerError } from '~/components/ui';
import { titled } from '~/title';
import { useRoot } from '~/use-root';

export const meta = titled(({ me }) => me.invitationTitle);

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, async (api) => ({
    token: params.token ?? '',
    invitation: await api.sharing.openInvitation({ token: params.token ?? '' }),
  }));
}

export async function action({ context, params }: ActionFunctionArgs) {
  const { result, error } = await act(() => context.api.sharing.acceptInvitation({ token: params.token ?? '' }));
  if (error) return error;
  if (result.datasetId) throw redirect(`/datasets/${result.datasetId}`);
  throw redirect(result.organizationId ? `/organizations/${result.organizationId}` : '/datasets');
}

/** What one is invited to; who has no account makes one, who has signs in, and comes back here. */
export default function Invitation() {
  const t = useTranslations('me');
  const role = useTranslations('names.role');
  const { token, invitation } = useLoaderData<typeof loader>();
  const error = useActionData<typeof action>();
  const person = useRoot()?.person;
  const isBusy = useNavigation().state !== 'idle';
  const { email, dataset, organization, invitedBy } = invitation;
  const name = invitedBy ?? t('someone');
  const about = { name, role: role(invitation.role as 'viewer') };
  const back = `/invitations/${token}`;
  return (
    <div className="mx-auto mt-8 max-w-md sm:mt-16">
      <h1 className="mb-6 text-center text-2xl font-semibold tracking-tight">{t('invitationTitle')}</h1>
      <Card className="space-y-4 text-sm">
        <p className="break-words">
          {dataset !== null
            ? t('invitesToDataset', { ...about, target: dataset })
            : organization !== null
              ? t('invitesToOrganization', { ...about, target: organization })
              : t('invitesToSite', { name })}
        </p>
        <p className="text-dim">{t('invitationFor', { email })}</p>
        {error ? <ServerError error={error} /> : null}
        {person ? (
          <Form method="post">
            <Button type="submit" className="w-full" disabled={isBusy}>
              {t('accept')}
            </Button>
          </Form>
        ) : (
          <div className="flex flex-wrap gap-3">
            <Link to={`/sign-up?${new URLSearchParams({ invitation: token, email })}`} className={buttonStyle.primary}>
              {t('toSignUp')}
            </Link>
            <Link to={`/sign-in?${new URLSearchParams({ next: back })}`} className={buttonStyle.secondary}>
              {t('toSignIn')}
            </Link>
          </div>
        )}
      </Card>
    </div>
  );
}
