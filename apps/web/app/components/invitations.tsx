import type { ErrorBody, Invitation, InvitationLink, KnownPerson } from '@granary/client';
import { useFetcher } from '@remix-run/react';
import { X } from 'lucide-react';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import type { Invited } from '~/invite.server';
import { useAnswer } from '~/use-answer';
import { Once } from './once';
import { Button, buttonStyle, Card, Field, fieldStyle, ServerError } from './ui';

type Role = 'owner' | 'admin' | 'member' | 'editor' | 'viewer';

/** Adds someone by e-mail with a role; who has no account is invited by a link. Posts to the page it stands on. */
export function InviteForm<R extends Role>({
  roles,
  hintOf,
  submit,
  people,
  added,
}: {
  roles: readonly R[];
  hintOf?: (role: R) => string;
  /** What the button says. */
  submit: string;
  /** Whom one knows: they are found by name. */
  people: readonly KnownPerson[];
  added(name: string): string;
}) {
  const t = useTranslations('sharing');
  const role = useTranslations('names.role');
  const actions = useTranslations('actions');
  const fetcher = useFetcher<Invited>();
  const form = useRef<HTMLFormElement>(null);
  useAnswer(fetcher, (answer) => {
    if (answer.added) toast.success(added(answer.added));
    if (answer.added || answer.link) form.current?.reset();
  });
  const { unknown, link, error } = fetcher.data ?? {};
  const [dismissed, setDismissed] = useState<Invited['unknown']>(null);
  const isBusy = fetcher.state !== 'idle';
  return (
    <div className="mb-4 space-y-3">
      <fetcher.Form ref={form} method="post" className="flex flex-wrap items-end gap-2">
        <input type="hidden" name="intent" value="add" />
        <div className="min-w-48 flex-1">
          <Field label={t('email')} name="email" type="email" required list="people" autoComplete="off" />
          <datalist id="people">
            {people.map(({ userId, name, email }) => (
              <option key={userId} value={email}>
                {name}
              </option>
            ))}
          </datalist>
        </div>
        <select name="role" aria-label={t('role')} className={fieldStyle}>
          {roles.map((choice) => (
            <option key={choice} value={choice}>
              {role(choice as Role)}
              {hintOf ? ` – ${hintOf(choice)}` : ''}
            </option>
          ))}
        </select>
        <Button type="submit" disabled={isBusy}>
          {submit}
        </Button>
      </fetcher.Form>
      {unknown && unknown !== dismissed ? (
        <fetcher.Form
          method="post"
          className="flex flex-wrap items-center gap-3 rounded-md border border-line bg-raised/40 p-3 text-sm"
        >
          <input type="hidden" name="intent" value="add" />
          <input type="hidden" name="confirmed" value="true" />
          <input type="hidden" name="email" value={unknown.email} />
          <input type="hidden" name="role" value={unknown.role} />
          <p className="min-w-0 flex-1 break-words">
            {t('invite', { email: unknown.email, role: role(unknown.role as Role) })}
          </p>
          <Button type="submit" disabled={isBusy}>
            {t('inviteNow')}
          </Button>
          <Button variant="secondary" onClick={() => setDismissed(unknown)}>
            {actions('cancel')}
          </Button>
        </fetcher.Form>
      ) : null}
      {link ? <InvitationUrl link={link} /> : null}
      {error ? <ServerError error={error} /> : null}
    </div>
  );
}

/** The link of an invitation, shown this once. */
export function InvitationUrl({ link }: { link: Pick<InvitationLink, 'email' | 'url' | 'isMailed'> }) {
  const t = useTranslations();
  return (
    <Once text={link.url} label={t('me.copyLink')}>
      {t('sharing.invited', { email: link.email })}. {t('me.once')}
      {link.isMailed ? ` ${t('sharing.mailed')}` : ''}
    </Once>
  );
}

/** Invitations that nobody has accepted yet. Posts to the page it stands on. */
export function Invitations({ invitations }: { invitations: readonly Invitation[] }) {
  const t = useTranslations('sharing');
  return (
    <Card title={t('invitations')}>
      <ul className="divide-y divide-line text-sm">
        {invitations.map((invitation) => (
          <Item key={invitation.id} invitation={invitation} />
        ))}
      </ul>
    </Card>
  );
}

function Item({ invitation }: { invitation: Invitation }) {
  const t = useTranslations('sharing');
  const role = useTranslations('names.role');
  const format = useFormat();
  const fetcher = useFetcher<{ error: ErrorBody | null; result?: InvitationLink | null }>();
  const { id, email, invitedBy, expiresAt } = invitation;
  const submit = (intent: string) => fetcher.submit({ intent, invitationId: id }, { method: 'post' });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-40 flex-1">
        <p className="font-medium break-all">{email}</p>
        <p className="text-xs text-dim" suppressHydrationWarning>
          {t('invitedBy', {
            role: role(invitation.role as Role),
            name: invitedBy ?? '–',
            ago: format.ago(expiresAt),
          })}
        </p>
      </div>
      <Button variant="secondary" onClick={() => submit('resend')} disabled={fetcher.state !== 'idle'}>
        {t('resend')}
      </Button>
      <button
        type="button"
        aria-label={t('revokeInvitation', { email })}
        title={t('revokeInvitation', { email })}
        className={buttonStyle.icon}
        onClick={() => submit('revoke')}
      >
        <X className="size-4" aria-hidden />
      </button>
      {fetcher.data?.result ? (
        <div className="w-full">
          <InvitationUrl link={fetcher.data.result} />
        </div>
      ) : null}
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}
