import type { AccountView } from '@granary/client';
import { GIGABYTE } from '@granary/core/base/gigabytes';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { useFetcher, useLoaderData, useSearchParams } from '@remix-run/react';
import { Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Invitations, InvitationUrl } from '~/components/invitations';
import { Modal } from '~/components/modal';
import { NextPage } from '~/components/next-page';
import { Once } from '~/components/once';
import { SearchForm } from '~/components/search-form';
import { bold, TypedConfirm } from '~/components/typed-confirm';
import { Button, EmptyState, Field, fieldStyle, ServerError } from '~/components/ui';
import { checkbox, id, intentOf, numberOrNull, optional, parseForm, text } from '~/form.server';
import { gigabytes, useFormat } from '~/format';
import { useAnswer } from '~/use-answer';
import { useRoot } from '~/use-root';

export function loader({ request, context }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const input = { limit: 50, search: query.get('search') || undefined, cursor: query.get('cursor') ?? undefined };
  return load(request, context, async (api) => {
    const [accounts, invitations] = await Promise.all([api.accounts.list(input), api.sharing.siteInvitations()]);
    return { ...accounts, invitations: invitations.items };
  });
}

const form = z.discriminatedUnion('intent', [
  intentOf('invite', { email: text }),
  intentOf('resend', { invitationId: id }),
  intentOf('revoke', { invitationId: id }),
  intentOf('reset', { userId: id }),
  intentOf('change', { userId: id, isAdmin: checkbox, quotaGb: text, quotaDatasets: numberOrNull }),
  intentOf('disable', { userId: id }),
  intentOf('enable', { userId: id }),
  intentOf('delete', {
    userId: id,
    confirmEmail: text,
    transferTo: optional,
    datasets: z.enum(['transfer', 'delete']),
  }),
]);

export async function action({ request, context }: ActionFunctionArgs) {
  const { accounts, sharing } = context.api;
  const nothing = { error: null, isDeleted: false, isSaved: false, link: null };
  const asked = await parseForm(request, form);
  switch (asked.intent) {
    case 'invite': {
      const { result, error } = await act(() => sharing.inviteToSite({ email: asked.email }));
      return { ...nothing, error, link: result };
    }
    case 'resend': {
      const { result, error } = await act(() => sharing.resendInvitation({ id: asked.invitationId }));
      return { ...nothing, error, result };
    }
    case 'revoke': {
      const { error } = await act(() => sharing.revokeInvitation({ id: asked.invitationId }));
      return { ...nothing, error };
    }
    case 'reset': {
      const { result, error } = await act(() => accounts.resetLink({ userId: asked.userId }));
      return { ...nothing, error, link: result && { email: '', isMailed: false, url: result.url } };
    }
    case 'change': {
      const { userId, isAdmin, quotaGb, quotaDatasets } = asked;
      const { error } = await act(() =>
        accounts.update({ userId, isAdmin, quotaBytes: gigabytes(quotaGb), quotaDatasets }),
      );
      return { ...nothing, error, isSaved: error === null };
    }
    case 'disable':
    case 'enable': {
      const isDisabled = asked.intent === 'disable';
      const { error } = await act(() => accounts.update({ userId: asked.userId, isDisabled }));
      return { ...nothing, error };
    }
    case 'delete': {
      const { intent: _, ...input } = asked;
      const { error } = await act(() => accounts.delete(input));
      return { ...nothing, error, isDeleted: error === null };
    }
  }
}

export default function AdminUsers() {
  const t = useTranslations('admin');
  const { items, nextCursor, invitations } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const search = query.get('search') ?? '';
  const next = new URLSearchParams({ ...(search ? { search } : {}), cursor: nextCursor ?? '' });
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-start justify-between gap-4">
        <SearchForm label={t('search')} />
        <Invite />
      </div>
      {invitations.length > 0 ? <Invitations invitations={invitations} /> : null}
      {items.length === 0 ? (
        <EmptyState icon={<Users className="size-6" aria-hidden />} title={t('none')}>
          {search}
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {items.map((account) => (
            <Account key={account.id} account={account} others={items.filter(({ id }) => id !== account.id)} />
          ))}
        </ul>
      )}
      {nextCursor ? <NextPage to={`?${next}`} /> : null}
    </div>
  );
}

function Account({ account, others }: { account: AccountView; others: readonly AccountView[] }) {
  const t = useTranslations('admin');
  const format = useFormat();
  const me = useRoot()?.person?.id;
  const fetcher = useFetcher<typeof action>();
  const { id, name, email, isAdmin, disabledAt, numDatasets, sizeBytes, createdAt } = account;
  return (
    <li className="flex flex-wrap items-center gap-x-5 gap-y-2 px-4 py-3 text-sm">
      <div className="min-w-48 flex-1">
        <p className="font-medium break-words">
          {name}
          {[
            ...(id === me ? [t('you')] : []),
            ...(isAdmin ? [t('isAdmin')] : []),
            ...(disabledAt ? [t('disabled')] : []),
          ].map((mark) => (
            <span key={mark} className="ml-2 rounded-full bg-raised px-2 py-0.5 text-xs font-normal text-dim">
              {mark}
            </span>
          ))}
        </p>
        <p className="text-xs break-all text-dim">{email}</p>
      </div>
      <dl className="flex flex-wrap gap-x-5 text-xs tabular-nums">
        {(
          [
            [t('datasets'), format.count(numDatasets)],
            [t('storage'), format.bytes(sizeBytes)],
            [t('since'), format.ago(createdAt)],
          ] as const
        ).map(([term, value]) => (
          <div key={term}>
            <dt className="text-dim">{term}</dt>
            <dd suppressHydrationWarning>{value}</dd>
          </div>
        ))}
      </dl>
      {id === me ? null : (
        <div className="flex gap-2">
          <fetcher.Form method="post">
            <input type="hidden" name="userId" value={id} />
            <input type="hidden" name="intent" value={disabledAt ? 'enable' : 'disable'} />
            <Button type="submit" variant="secondary" disabled={fetcher.state !== 'idle'}>
              {disabledAt ? t('enable') : t('disable')}
            </Button>
          </fetcher.Form>
          <ChangeAccount account={account} />
          <DeleteAccount account={account} others={others} />
        </div>
      )}
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}

/** An invitation to make an account, and no more. */
function Invite() {
  const t = useTranslations('admin');
  const fetcher = useFetcher<typeof action>();
  const { link, error } = fetcher.data ?? {};
  return (
    <div className="max-w-md space-y-3">
      <fetcher.Form method="post" className="flex gap-2">
        <input type="hidden" name="intent" value="invite" />
        <input
          name="email"
          type="email"
          required
          placeholder={t('inviteEmail')}
          aria-label={t('inviteEmail')}
          className={`${fieldStyle} w-full`}
        />
        <Button type="submit" variant="secondary" className="shrink-0" disabled={fetcher.state !== 'idle'}>
          {t('invite')}
        </Button>
      </fetcher.Form>
      {link ? <InvitationUrl link={link} /> : null}
      {error ? <ServerError error={error} /> : null}
    </div>
  );
}

/** Whether it administers the site, what it may take, and a link for a new password. */
function ChangeAccount({ account }: { account: AccountView }) {
  const t = useTranslations('admin');
  const me = useTranslations('me');
  const [isOpen, setIsOpen] = useState(false);
  const fetcher = useFetcher<typeof action>();
  const reset = useFetcher<typeof action>();
  const { id, name, email, isAdmin, quotaBytes, quotaDatasets } = account;
  useAnswer(fetcher, ({ isSaved }) => {
    if (!isSaved) return;
    toast.success(t('saved'));
    setIsOpen(false);
  });
  const error = fetcher.data?.error ?? reset.data?.error;
  return (
    <>
      <Button variant="secondary" onClick={() => setIsOpen(true)}>
        {t('more')}
      </Button>
      <Modal title={t('accountTitle', { name })} open={isOpen} onOpenChange={setIsOpen}>
        <fetcher.Form method="post" className="mt-4 space-y-4 text-sm">
          <input type="hidden" name="intent" value="change" />
          <input type="hidden" name="userId" value={id} />
          <label className="flex items-center gap-2">
            <input type="checkbox" name="isAdmin" defaultChecked={isAdmin} className="accent-accent" />
            {t('makeAdmin')}
          </label>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label={t('quotaBytes')}
              name="quotaGb"
              type="number"
              min={0}
              step="any"
              defaultValue={quotaBytes === null ? '' : quotaBytes / GIGABYTE}
              hint={t('quotaHint')}
            />
            <Field
              label={t('quotaDatasets')}
              name="quotaDatasets"
              type="number"
              min={0}
              defaultValue={quotaDatasets ?? ''}
              hint={t('quotaHint')}
            />
          </div>
          {error ? <ServerError error={error} /> : null}
          {reset.data?.link ? (
            <Once text={reset.data.link.url} label={me('copyLink')}>
              {t('resetMade', { email })} {me('once')}
            </Once>
          ) : null}
          <div className="flex flex-wrap justify-between gap-2">
            <Button
              variant="secondary"
              onClick={() => reset.submit({ intent: 'reset', userId: id }, { method: 'post' })}
              disabled={reset.state !== 'idle'}
            >
              {t('resetLink')}
            </Button>
            <Button type="submit" disabled={fetcher.state !== 'idle'}>
              {t('save')}
            </Button>
          </div>
        </fetcher.Form>
      </Modal>
    </>
  );
}

function DeleteAccount({
  account: { id, name, email, numDatasets },
  others,
}: {
  account: AccountView;
  others: readonly AccountView[];
}) {
  const t = useTranslations('admin');
  const [isOpen, setIsOpen] = useState(false);
  const [choice, setChoice] = useState<'transfer' | 'delete'>('transfer');
  const fetcher = useFetcher<typeof action>();
  const isDone = fetcher.data?.isDeleted ?? false;
  useEffect(() => {
    if (isDone) toast.success(t('deleted'));
  }, [isDone, t]);
  return (
    <>
      <Button variant="secondary" onClick={() => setIsOpen(true)}>
        {t('delete')}
      </Button>
      <Modal title={t('deleteTitle', { name })} open={isOpen && !isDone} onOpenChange={setIsOpen}>
        <fetcher.Form method="post">
          <input type="hidden" name="intent" value="delete" />
          <input type="hidden" name="userId" value={id} />
          <p className="mt-2 text-sm text-dim">{t('deleteHint')}</p>
          <fieldset className="mt-4 space-y-2 text-sm">
            <legend className="mb-1.5 font-medium">{t('whatOfDatasets', { count: numDatasets })}</legend>
            {(['transfer', 'delete'] as const).map((value) => (
              <label key={value} className="flex items-center gap-2">
                <input
                  type="radio"
                  name="datasets"
                  value={value}
                  checked={choice === value}
                  onChange={() => setChoice(value)}
                  className="accent-accent"
                />
                {value === 'transfer' ? t('transfer') : t('trash')}
              </label>
            ))}
            {choice === 'transfer' ? (
              <select name="transferTo" aria-label={t('transferTo')} className={`${fieldStyle} w-full`}>
                {others
                  .filter(({ disabledAt }) => disabledAt === null)
                  .map((other) => (
                    <option key={other.id} value={other.id}>
                      {other.name} ({other.email})
                    </option>
                  ))}
              </select>
            ) : null}
          </fieldset>
          {fetcher.data?.error ? (
            <div className="mt-4">
              <ServerError error={fetcher.data.error} />
            </div>
          ) : null}
          <TypedConfirm
            expected={email}
            name="confirmEmail"
            label={t.rich('typeEmail', { email, b: bold })}
            action={t('confirm')}
            isBusy={fetcher.state !== 'idle'}
            onCancel={() => setIsOpen(false)}
          />
        </fetcher.Form>
      </Modal>
    </>
  );
}
