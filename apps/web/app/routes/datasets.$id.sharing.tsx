import type { GrantView, UsageView } from '@granary/client';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { useFetcher, useLoaderData } from '@remix-run/react';
import { X } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { CopyButton } from '~/components/copy-button';
import { Invitations, InviteForm } from '~/components/invitations';
import { ShareLinks } from '~/components/share-links';
import { Transfer } from '~/components/transfer';
import { Button, buttonStyle, Card, fieldStyle, ServerError } from '~/components/ui';
import { flag, id, intentOf, parseForm, text } from '~/form.server';
import { useFormat } from '~/format';
import { inviteOr } from '~/invite.server';
import { useRoot } from '~/use-root';

const ROLES = ['viewer', 'editor', 'owner'] as const;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  return load(request, context, async (api) => {
    const dataset = await api.datasets.get({ id });
    const canManage = dataset.actions.includes('manage');
    const none = { items: [] };
    const [grants, usages, invitations, links, transfers, organizations, people, versions] = await Promise.all([
      api.sharing.list({ id }),
      api.usages.list({ id, live: 'true', limit: 100 }),
      canManage ? api.sharing.invitations({ id }) : none,
      canManage ? api.sharing.links({ id }) : none,
      canManage ? api.sharing.transfers({ datasetId: id }) : none,
      canManage ? api.organizations.list({ limit: 100 }) : none,
      canManage ? api.sharing.people({}) : none,
      canManage ? api.versions.list({ id, limit: 100 }) : none,
    ]);
    return {
      dataset,
      canManage,
      link: new URL(`/datasets/${id}`, request.url).href,
      grants: grants.items,
      usages: usages.items,
      people: people.items,
      invitations: invitations.items,
      links: links.items,
      versions: versions.items.map(({ version }) => version),
      transfer: transfers.items[0] ?? null,
      organizations: organizations.items.filter((one) => one.id !== dataset.organizationId),
    };
  });
}

const role = z.enum(ROLES);
const form = z.discriminatedUnion('intent', [
  intentOf('add', { email: text, role, confirmed: flag }),
  intentOf('change', { userId: id, role }),
  intentOf('remove', { userId: id }),
  intentOf('resend', { invitationId: id }),
  intentOf('revoke', { invitationId: id }),
  intentOf('release', { usageId: id }),
]);

export async function action({ request, context, params }: ActionFunctionArgs) {
  const datasetId = params.id ?? '';
  const { sharing, usages } = context.api;
  const asked = await parseForm(request, form);
  switch (asked.intent) {
    case 'add': {
      const { email, role, confirmed } = asked;
      const who = { email, role };
      return inviteOr(
        confirmed,
        who,
        () => sharing.grant({ id: datasetId, ...who }),
        () => sharing.invite({ id: datasetId, ...who }),
      );
    }
    case 'change':
      return act(() => sharing.change({ id: datasetId, userId: asked.userId, role: asked.role }));
    case 'remove':
      return act(() => sharing.revoke({ id: datasetId, userId: asked.userId }));
    case 'resend':
      return act(() => sharing.resendInvitation({ id: asked.invitationId }));
    case 'revoke':
      return act(() => sharing.revokeInvitation({ id: asked.invitationId }));
    case 'release':
      return act(() => usages.release({ usageId: asked.usageId }));
  }
}

export default function Sharing() {
  const t = useTranslations('sharing');
  const { dataset, canManage, grants, usages, link, ...rest } = useLoaderData<typeof loader>();
  const isOpen = useRoot()?.anonymousRead ?? false;
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Card
        title={
          <span className="flex items-center gap-2">
            {t('title')} <CopyButton text={link} label={t('copyLink')} />
          </span>
        }
      >
        <p className="-mt-2 mb-4 text-sm text-dim">
          {dataset.visibility === 'public' ? t(isOpen ? 'isPublicToAll' : 'isPublic') : t('intro')}
        </p>
        {canManage ? (
          <InviteForm
            submit={t('add')}
            people={rest.people}
            roles={ROLES}
            hintOf={(role) => t(`roleHint.${role}`)}
            added={(name) => t('shared', { name })}
          />
        ) : null}
        <ul className="divide-y divide-line text-sm">
          {grants.map((grant) => (
            <Grant key={grant.userId} grant={grant} canManage={canManage} />
          ))}
        </ul>
      </Card>
      <div className="space-y-6">
        <Card title={t('usages')}>
          <p className="-mt-2 mb-4 text-sm text-dim">{t('usagesIntro')}</p>
          {usages.length === 0 ? <p className="text-sm text-dim">{t('noUsages')}</p> : null}
          <ul className="divide-y divide-line text-sm">
            {usages.map((usage) => (
              <Usage key={usage.id} usage={usage} />
            ))}
          </ul>
        </Card>
        {rest.invitations.length > 0 ? <Invitations invitations={rest.invitations} /> : null}
        {canManage ? <ShareLinks datasetId={dataset.id} links={rest.links} versions={rest.versions} /> : null}
        {canManage ? (
          <Transfer datasetId={dataset.id} transfer={rest.transfer} organizations={rest.organizations} />
        ) : null}
      </div>
    </div>
  );
}

function Grant({ grant, canManage }: { grant: GrantView; canManage: boolean }) {
  const t = useTranslations('sharing');
  const format = useFormat();
  const fetcher = useFetcher<typeof action>();
  const { userId, name, email, role, because, grantedBy, grantedAt } = grant;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-40 flex-1">
        <p className="font-medium break-words">{name}</p>
        <p className="text-xs break-all text-dim" suppressHydrationWarning>
          {email}
          {` · ${
            because === 'owner'
              ? t('itsOwner')
              : because === 'organization'
                ? t('inOrganization')
                : t('givenBy', { name: grantedBy ?? '–', ago: format.ago(grantedAt ?? '') })
          }`}
        </p>
      </div>
      {because !== 'role' || !canManage ? (
        <span className="text-dim">{t(`roles.${role}`)}</span>
      ) : (
        <>
          <select
            aria-label={t('roleOf', { name })}
            value={role}
            onChange={(event) =>
              fetcher.submit({ intent: 'change', userId, role: event.target.value }, { method: 'post' })
            }
            className={fieldStyle}
          >
            {ROLES.map((choice) => (
              <option key={choice} value={choice}>
                {t(`roles.${choice}`)}
              </option>
            ))}
          </select>
          <button
            type="button"
            aria-label={t('remove', { name })}
            title={t('remove', { name })}
            className={buttonStyle.icon}
            onClick={() => fetcher.submit({ intent: 'remove', userId }, { method: 'post' })}
          >
            <X className="size-4" aria-hidden />
          </button>
        </>
      )}
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}

function Usage({ usage }: { usage: UsageView }) {
  const t = useTranslations('sharing');
  const format = useFormat();
  const fetcher = useFetcher<typeof action>();
  const { id, service, externalId, createdBy, createdAt } = usage;
  return (
    <li className="flex flex-wrap items-center gap-4 py-3">
      <div className="min-w-40 flex-1">
        <p className="font-medium break-words">{t('usage', { service, externalId })}</p>
        <p className="text-xs text-dim" suppressHydrationWarning>
          {t('registered', { ago: format.ago(createdAt), name: createdBy ?? '–' })}
        </p>
      </div>
      <fetcher.Form method="post">
        <input type="hidden" name="intent" value="release" />
        <input type="hidden" name="usageId" value={id} />
        <Button type="submit" variant="secondary" disabled={fetcher.state !== 'idle'}>
          {t('release')}
        </Button>
      </fetcher.Form>
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}
