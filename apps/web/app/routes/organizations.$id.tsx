import type { MemberView } from '@granary/client';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { Link, type MetaFunction, redirect, useFetcher, useLoaderData } from '@remix-run/react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Confirm } from '~/components/confirm';
import { Invitations, InviteForm } from '~/components/invitations';
import { NextPage } from '~/components/next-page';
import { Button, buttonStyle, Card, Field, fieldStyle, ServerError } from '~/components/ui';
import { flag, id, intentOf, parseForm, text } from '~/form.server';
import { useFormat } from '~/format';
import { inviteOr } from '~/invite.server';
import { useAnswer } from '~/use-answer';
import { useRoot } from '~/use-root';

const ROLES = ['member', 'admin', 'owner'] as const;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const cursor = new URL(request.url).searchParams.get('cursor') ?? undefined;
  return load(request, context, async (api) => {
    const organization = await api.organizations.get({ id });
    const canManage =
      organization.role === 'owner' || organization.role === 'admin' || context.person?.isAdmin === true;
    const [members, invitations, people] = await Promise.all([
      api.organizations.members({ id, limit: 100, cursor }),
      canManage ? api.sharing.organizationInvitations({ id }) : { items: [] },
      canManage ? api.sharing.people({}) : { items: [] },
    ]);
    const isOwner = organization.role === 'owner' || context.person?.isAdmin === true;
    return { organization, members, people: people.items, invitations: invitations.items, canManage, isOwner };
  });
}

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: data ? `${data.organization.name} · Granary` : 'Granary' },
];

const role = z.enum(ROLES);
const form = z.discriminatedUnion('intent', [
  intentOf('add', { email: text, role, confirmed: flag }),
  intentOf('resend', { invitationId: id }),
  intentOf('revoke', { invitationId: id }),
  intentOf('change', { userId: id, role }),
  intentOf('remove', { userId: id }),
  intentOf('rename', { name: text }),
  intentOf('delete', {}),
]);

export async function action({ request, context, params }: ActionFunctionArgs) {
  const id = params.id ?? '';
  const { organizations, sharing } = context.api;
  const asked = await parseForm(request, form);
  switch (asked.intent) {
    case 'add': {
      const { email, role, confirmed } = asked;
      return inviteOr(
        confirmed,
        { email, role },
        () => organizations.addMember({ id, email, role }),
        () => sharing.inviteToOrganization({ id, email, role }),
      );
    }
    case 'resend':
      return { ...(await act(() => sharing.resendInvitation({ id: asked.invitationId }))) };
    case 'revoke':
      return { error: (await act(() => sharing.revokeInvitation({ id: asked.invitationId }))).error };
    case 'change': {
      const { userId, role } = asked;
      return { error: (await act(() => organizations.changeMember({ id, userId, role }))).error };
    }
    case 'remove': {
      const { userId } = asked;
      const { error } = await act(() => organizations.removeMember({ id, userId }));
      if (error === null && userId === context.person?.id) throw redirect('/organizations');
      return { error };
    }
    case 'rename': {
      const { error } = await act(() => organizations.rename({ id, name: asked.name }));
      return { error, isRenamed: error === null };
    }
    case 'delete': {
      const { error } = await act(() => organizations.delete({ id }));
      if (error === null) throw redirect('/organizations');
      return { error };
    }
  }
}

export default function Organization() {
  const t = useTranslations('organizations');
  const { organization, members, people, invitations, canManage, isOwner } = useLoaderData<typeof loader>();
  const { id, name, numMembers, numDatasets } = organization;
  return (
    <div className="mx-auto max-w-3xl space-y-6">
      <div className="flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="text-2xl font-semibold tracking-tight break-words">{name}</h1>
          <p className="mt-1 text-sm text-dim">{t('counts', { members: numMembers, datasets: numDatasets })}</p>
        </div>
        <Link to={`/datasets?organizationId=${id}`} className={buttonStyle.secondary}>
          {t('datasets')}
        </Link>
      </div>
      <Card title={t('members')}>
        {canManage ? (
          <InviteForm
            submit={t('add')}
            people={people}
            roles={isOwner ? ROLES : ['member', 'admin']}
            added={(who) => t('added', { name: who })}
          />
        ) : null}
        <ul className="divide-y divide-line text-sm">
          {members.items.map((member) => (
            <Member key={member.userId} member={member} canManage={canManage} isOwner={isOwner} organization={name} />
          ))}
        </ul>
        {members.nextCursor ? <NextPage to={`?cursor=${members.nextCursor}`} /> : null}
      </Card>
      {invitations.length > 0 ? <Invitations invitations={invitations} /> : null}
      {canManage ? <Manage name={name} isOwner={isOwner} /> : null}
    </div>
  );
}

function Member({
  member,
  canManage,
  isOwner,
  organization,
}: {
  member: MemberView;
  canManage: boolean;
  isOwner: boolean;
  organization: string;
}) {
  const t = useTranslations('organizations');
  const sharing = useTranslations('sharing');
  const format = useFormat();
  const fetcher = useFetcher<typeof action>();
  const me = useRoot()?.person?.id;
  const { userId, name, email, role, joinedAt } = member;
  const isMe = userId === me;
  // Who is no owner makes none, and touches none.
  const canChange = canManage && (isOwner || role !== 'owner');
  const remove = () => fetcher.submit({ intent: 'remove', userId }, { method: 'post' });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-40 flex-1">
        <p className="font-medium break-words">
          {name}
          {isMe ? (
            <span className="ml-2 rounded-full bg-raised px-2 py-0.5 text-xs font-normal text-dim">{t('you')}</span>
          ) : null}
        </p>
        <p className="text-xs break-all text-dim" suppressHydrationWarning>
          {email} · {t('joined', { ago: format.ago(joinedAt) })}
        </p>
      </div>
      {canChange ? (
        <select
          aria-label={sharing('roleOf', { name })}
          value={role}
          onChange={(event) =>
            fetcher.submit({ intent: 'change', userId, role: event.target.value }, { method: 'post' })
          }
          className={fieldStyle}
        >
          {ROLES.filter((choice) => isOwner || choice !== 'owner').map((choice) => (
            <option key={choice} value={choice}>
              {sharing(`organizationRoles.${choice}`)}
            </option>
          ))}
        </select>
      ) : (
        <span className="text-dim">{sharing(`organizationRoles.${role}`)}</span>
      )}
      {isMe || canChange ? (
        <Confirm
          title={isMe ? t('leaveTitle', { name: organization }) : t('removeTitle', { name })}
          action={isMe ? t('leave') : t('remove', { name })}
          trigger={
            <Button variant="secondary" aria-label={isMe ? t('leave') : t('remove', { name })}>
              {isMe ? t('leave') : '×'}
            </Button>
          }
          onConfirm={remove}
        >
          {isMe ? t('leaveHint') : t('removeHint')}
        </Confirm>
      ) : null}
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}

function Manage({ name, isOwner }: { name: string; isOwner: boolean }) {
  const t = useTranslations('organizations');
  const fetcher = useFetcher<typeof action>();
  useAnswer(fetcher, (answer) => {
    if ('isRenamed' in answer && answer.isRenamed) toast.success(t('renamed'));
  });
  return (
    <Card>
      <fetcher.Form method="post" className="flex flex-wrap items-end gap-3">
        <input type="hidden" name="intent" value="rename" />
        <div className="min-w-48 flex-1">
          <Field label={t('name')} name="name" required maxLength={80} defaultValue={name} />
        </div>
        <Button type="submit" variant="secondary" disabled={fetcher.state !== 'idle'}>
          {t('rename')}
        </Button>
        {isOwner ? (
          <Confirm
            title={t('deleteTitle', { name })}
            action={t('delete')}
            trigger={<Button variant="secondary">{t('delete')}</Button>}
            onConfirm={() => fetcher.submit({ intent: 'delete' }, { method: 'post' })}
          >
            {t('deleteHint')}
          </Confirm>
        ) : null}
      </fetcher.Form>
      {fetcher.data?.error ? (
        <div className="mt-3">
          <ServerError error={fetcher.data.error} />
        </div>
      ) : null}
    </Card>
  );
}
