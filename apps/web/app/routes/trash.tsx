import type { TrashItem } from '@granary/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Link, useFetcher, useLoaderData, useSearchParams } from '@remix-run/react';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { BackupList } from '~/components/backup-list';
import { BackupUpload } from '~/components/backup-upload';
import { Modal } from '~/components/modal';
import { NextPage } from '~/components/next-page';
import { SearchForm } from '~/components/search-form';
import { bold, TypedConfirm } from '~/components/typed-confirm';
import { Button, EmptyState, Field, ServerError } from '~/components/ui';
import { id, intentOf, many, number, parseForm, text } from '~/form.server';
import { useFormat } from '~/format';
import { useServerTexts } from '~/server-texts';
import { titled } from '~/title';
import { useAnswer } from '~/use-answer';

export const meta = titled(({ trash }) => trash.title);

export function loader({ request, context }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const search = query.get('search') || undefined;
  return load(request, context, async (api) => {
    const [page, backups] = await Promise.all([
      api.deletion.trash({ limit: 50, search, cursor: query.get('cursor') ?? undefined }),
      api.backups.list({ limit: 20 }),
    ]);
    return { ...page, backups: backups.items };
  });
}

const form = z.discriminatedUnion('intent', [
  intentOf('restore', { id, name: text }),
  intentOf('purge', { id, confirmName: text }),
  intentOf('restore-many', { id: many }),
  intentOf('purge-many', { id: many, confirmCount: number }),
]);

/** Restores or purges one or many; a single purge leads to its receipt. */
export async function action({ request, context }: ActionFunctionArgs) {
  const { deletion } = context.api;
  const asked = await parseForm(request, form);
  switch (asked.intent) {
    case 'restore': {
      const { id, name } = asked;
      const { result, error } = await act(() => deletion.restore({ id, ...(name ? { name } : {}) }));
      return error ? { error, outcome: null } : redirect(`/datasets/${result.id}`);
    }
    case 'purge': {
      const { id, confirmName } = asked;
      const { result, error } = await act(() => deletion.purge({ id, confirmName }));
      return error ? { error, outcome: null } : redirect(`/jobs/${result.jobId}`);
    }
    case 'restore-many': {
      const { result, error } = await act(() => deletion.bulkRestore({ ids: asked.id }));
      return { error, outcome: result && { kind: 'restored' as const, ...result } };
    }
    case 'purge-many': {
      const { id: ids, confirmCount } = asked;
      const { result, error } = await act(() => deletion.bulkPurge({ ids, confirmCount }));
      return { error, outcome: result && { kind: 'purging' as const, ...result } };
    }
  }
}

type Fetcher = ReturnType<typeof useFetcher<typeof action>>;

export default function Trash() {
  const t = useTranslations('trash');
  const { items, nextCursor, backups } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const search = query.get('search') ?? '';
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  // What is chosen goes from the list before its outcome is told: the fetcher outlives the bar.
  const many = useFetcher<typeof action>();
  useOutcome(many, () => setSelected(new Set()));
  const chosen = items.filter(({ id, purgeJobId }) => selected.has(id) && !purgeJobId);
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  return (
    <div className="space-y-6">
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
        <p className="mt-1 text-sm text-dim">{t('intro')}</p>
      </div>
      {items.length > 0 || search ? <SearchForm label={t('search')} /> : null}
      {items.length === 0 ? (
        <EmptyState icon={<Trash2 className="size-6" aria-hidden />} title={search ? t('noMatch') : t('empty')}>
          {t('emptyHint')}
        </EmptyState>
      ) : (
        <>
          {chosen.length > 0 ? <Many chosen={chosen} fetcher={many} /> : null}
          <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
            {items.map((item) => (
              <Item key={item.id} item={item} isSelected={selected.has(item.id)} onToggle={() => toggle(item.id)} />
            ))}
          </ul>
        </>
      )}
      {nextCursor ? <NextPage to={`?cursor=${encodeURIComponent(nextCursor)}`} /> : null}
      <BackupList backups={backups} />
      <BackupUpload />
    </div>
  );
}

function Item({ item, isSelected, onToggle }: { item: TrashItem; isSelected: boolean; onToggle(): void }) {
  const t = useTranslations('trash');
  const format = useFormat();
  const { id, name, deletedAt, deletedBy, purgeAfter, purgeJobId, backup, sizeBytes } = item;
  const days = purgeAfter ? Math.max(0, Math.ceil((Date.parse(purgeAfter) - Date.now()) / 86_400_000)) : 0;
  return (
    <li className="flex flex-wrap items-center gap-x-5 gap-y-2 px-4 py-3 text-sm">
      <input
        type="checkbox"
        aria-label={t('select', { name })}
        checked={isSelected}
        disabled={purgeJobId !== null}
        onChange={onToggle}
        className="size-4 accent-accent"
      />
      <div className="min-w-48 flex-1">
        <Link to={`/datasets/${id}`} className="font-medium break-words hover:underline">
          {name}
        </Link>
        <p className="text-xs text-dim" title={format.instant(deletedAt)} suppressHydrationWarning>
          {t('deletedBy', { ago: format.ago(deletedAt), name: deletedBy ?? '–' })}
        </p>
      </div>
      <dl className="flex flex-wrap gap-x-5 text-xs tabular-nums">
        <Fact name={t('size')}>{format.bytes(sizeBytes)}</Fact>
        <Fact name={t('daysLeft')}>{t('days', { count: days })}</Fact>
        <Fact name={t('backup')}>{t(`backupState.${backup?.state ?? 'none'}`)}</Fact>
      </dl>
      {purgeJobId ? (
        <Link to={`/jobs/${purgeJobId}`} className="text-warn hover:underline">
          {t('purging')}
        </Link>
      ) : (
        <div className="flex gap-2">
          <Restore item={item} />
          <Purge item={item} />
        </div>
      )}
    </li>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt className="text-dim">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Restore({ item: { id, name } }: { item: TrashItem }) {
  const t = useTranslations('trash');
  const actions = useTranslations('actions');
  const [isOpen, setIsOpen] = useState(false);
  const fetcher = useFetcher<typeof action>();
  return (
    <>
      <Button variant="secondary" onClick={() => setIsOpen(true)}>
        {t('restore')}
      </Button>
      <Modal title={t('restoreTitle', { name })} open={isOpen} onOpenChange={setIsOpen}>
        <fetcher.Form method="post" action="/trash" className="mt-4 space-y-4">
          <input type="hidden" name="intent" value="restore" />
          <input type="hidden" name="id" value={id} />
          <Field label={t('newName')} name="name" defaultValue={name} hint={t('nameHint')} maxLength={255} required />
          {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
          <div className="flex justify-end gap-2">
            <Button variant="secondary" onClick={() => setIsOpen(false)}>
              {actions('cancel')}
            </Button>
            <Button type="submit" disabled={fetcher.state !== 'idle'}>
              {t('restore')}
            </Button>
          </div>
        </fetcher.Form>
      </Modal>
    </>
  );
}

function Purge({ item: { id, name } }: { item: TrashItem }) {
  const t = useTranslations('trash');
  const deletion = useTranslations('deletion');
  const [isOpen, setIsOpen] = useState(false);
  const fetcher = useFetcher<typeof action>();
  return (
    <>
      <Button variant="secondary" onClick={() => setIsOpen(true)}>
        {t('purge')}
      </Button>
      <Modal title={t('purgeTitle', { name })} open={isOpen} onOpenChange={setIsOpen}>
        <fetcher.Form method="post" action="/trash">
          <input type="hidden" name="intent" value="purge" />
          <input type="hidden" name="id" value={id} />
          <p className="mt-2 text-sm text-dim">{t('purgeHint')}</p>
          {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
          <TypedConfirm
            expected={name}
            name="confirmName"
            label={deletion.rich('typeName', { name, b: bold })}
            action={t('purgeNow')}
            isBusy={fetcher.state !== 'idle'}
            onCancel={() => setIsOpen(false)}
          />
        </fetcher.Form>
      </Modal>
    </>
  );
}

/** What may be done with several at once. */
function Many({ chosen, fetcher }: { chosen: readonly TrashItem[]; fetcher: Fetcher }) {
  const t = useTranslations('trash');
  const deletion = useTranslations('deletion');
  const [isOpen, setIsOpen] = useState(false);
  const count = chosen.length;
  const ids = chosen.map(({ id }) => <input key={id} type="hidden" name="id" value={id} />);
  const isBusy = fetcher.state !== 'idle';
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-xl border border-good/40 bg-raised p-3 text-sm">
      <span role="status">{t('selected', { count })}</span>
      <span className="flex-1" />
      <fetcher.Form method="post" action="/trash">
        <input type="hidden" name="intent" value="restore-many" />
        {ids}
        <Button type="submit" variant="secondary" disabled={isBusy}>
          {t('restore')}
        </Button>
      </fetcher.Form>
      <Button variant="secondary" onClick={() => setIsOpen(true)}>
        {t('purge')}
      </Button>
      <Modal title={t('purgeTitleMany', { count })} open={isOpen} onOpenChange={setIsOpen}>
        <fetcher.Form method="post" action="/trash" onSubmit={() => setIsOpen(false)}>
          <input type="hidden" name="intent" value="purge-many" />
          {ids}
          <p className="mt-2 text-sm text-dim">{t('purgeHint')}</p>
          <TypedConfirm
            expected={String(count)}
            name="confirmCount"
            label={deletion.rich('typeCount', { count, b: bold })}
            action={t('purgeNow')}
            isBusy={isBusy}
            onCancel={() => setIsOpen(false)}
          />
        </fetcher.Form>
      </Modal>
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </div>
  );
}

function useOutcome(asked: Fetcher, onDone: () => void): void {
  const t = useTranslations('trash');
  const texts = useServerTexts();
  useAnswer(asked, ({ outcome }) => {
    if (!outcome) return;
    const { kind, succeeded, failed } = outcome;
    const count = succeeded.length;
    if (count > 0) toast.success(kind === 'restored' ? t('numRestored', { count }) : t('numPurging', { count }));
    for (const { name, ...error } of failed.slice(0, 5))
      toast.error(t('failed', { name, reason: texts.error(error).message }));
    onDone();
  });
}
