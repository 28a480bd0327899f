import type { AccountView } from '@granary/api/client';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { Link, useFetcher, useLoaderData, useSearchParams } from '@remix-run/react';
import { Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { act, load } from '~/api.server';
import { Modal } from '~/components/modal';
import { SearchForm } from '~/components/search-form';
import { bold, TypedConfirm } from '~/components/typed-confirm';
import { Button, buttonStyle, EmptyState, fieldStyle, ServerError } from '~/components/ui';
import { useFormat } from '~/format';
import { useRoot } from '~/use-root';

export function loader({ request, context }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const input = { limit: 50, search: query.get('search') || undefined, cursor: query.get('cursor') ?? undefined };
  return load(request, context, (api) => api.accounts.list(input));
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const text = (name: string) => String(form.get(name) ?? '');
  const userId = text('userId');
  const { accounts } = context.api;
  if (form.get('intent') === 'delete') {
    const datasets = text('datasets') === 'transfer' ? 'transfer' : 'delete';
    const transferTo = text('transferTo');
    const { error } = await act(() =>
      accounts.delete({
        ...{ userId, confirmEmail: text('confirmEmail'), datasets },
        ...(transferTo ? { transferTo } : {}),
      }),
    );
    return { error, isDeleted: error === null };
  }
  const { error } = await act(() => accounts.setDisabled({ userId, isDisabled: text('disabled') === 'true' }));
  return { error, isDeleted: false };
}

export default function AdminUsers() {
  const t = useTranslations('admin');
  const actions = useTranslations('actions');
  const { items, nextCursor } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const search = query.get('search') ?? '';
  const next = new URLSearchParams({ ...(search ? { search } : {}), cursor: nextCursor ?? '' });
  return (
    <div className="space-y-4">
      <SearchForm label={t('search')} />
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
      {nextCursor ? (
        <Link to={`?${next}`} className={buttonStyle.secondary}>
          {actions('nextPage')}
        </Link>
      ) : null}
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
            <input type="hidden" name="disabled" value={String(disabledAt === null)} />
            <Button type="submit" variant="secondary" disabled={fetcher.state !== 'idle'}>
              {disabledAt ? t('enable') : t('disable')}
            </Button>
          </fetcher.Form>
          <DeleteAccount account={account} others={others} />
        </div>
      )}
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
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
                  className="accent-emerald-400"
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
