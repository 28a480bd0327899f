import type { DatasetView } from '@granary/client';
import { useFetcher, useSearchParams } from '@remix-run/react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import type { action } from '~/actions/update-datasets.server';
import { useServerTexts } from '~/server-texts';
import { useAnswer } from '~/use-answer';
import { Button, FormError, fieldStyle } from '../ui';
import { BulkDeletion } from './bulk-deletion';
import type { Selection } from './selection';

/** What may be done with what is selected; it outlives a list that is empty afterwards, to tell what came of it. */
export function SelectionBar({
  selection,
  items,
  hasMore,
}: {
  selection: Selection;
  items: readonly DatasetView[];
  hasMore: boolean;
}) {
  const t = useTranslations('list');
  const actions = useTranslations('actions');
  const visibility = useTranslations('names.visibility');
  const texts = useServerTexts();
  const fetcher = useFetcher<typeof action>();
  const [query] = useSearchParams();
  const { isAll, ids, clear } = selection;
  const answer = fetcher.data;
  useAnswer(fetcher, ({ result }) => {
    if (!result) return;
    const { changed: count, numRefused, refused } = result;
    if (count > 0) toast.success(t('numChanged', { count }));
    if (numRefused > 0) {
      const { name = '', reason = '' } = refused[0] ?? {};
      toast.error(t('numRefused', { count: numRefused, name, reason }));
    }
    clear();
  });
  const numSelected = isAll ? null : ids.size;
  if (numSelected === 0 && items.length === 0) return null;
  if (numSelected === 0) {
    return (
      <p className="mb-3 text-xs text-dim">
        {t('selectHint')}{' '}
        <button type="button" className="text-accent hover:underline" onClick={selection.all}>
          {t('selectAll')}
        </button>
      </p>
    );
  }
  return (
    <fetcher.Form
      method="post"
      action={`?index&${query}`}
      aria-label={t('changeSelected')}
      className="sticky top-0 z-10 mb-4 flex flex-wrap items-center gap-2 rounded-xl border border-good/40 bg-raised p-3 text-sm"
    >
      {[...ids].map((id) => (
        <input key={id} type="hidden" name="id" value={id} />
      ))}
      <input type="hidden" name="all" value={String(isAll)} />
      <span role="status">
        {isAll ? t('allMatching', { except: ids.size }) : t('numSelected', { count: ids.size })}
      </span>
      {!isAll && (hasMore || ids.size < items.length) ? (
        <button type="button" className="text-accent hover:underline" onClick={selection.all}>
          {t('selectAll')}
        </button>
      ) : null}
      <button type="button" className="text-dim hover:text-ink" onClick={clear}>
        {actions('clear')}
      </button>
      <span className="flex-1" />
      <input
        name="addTags"
        placeholder={t('addTags')}
        aria-label={t('addTagsLabel')}
        className={`${fieldStyle} w-36`}
      />
      <input
        name="removeTags"
        placeholder={t('removeTags')}
        aria-label={t('removeTagsLabel')}
        className={`${fieldStyle} w-36`}
      />
      <select name="visibility" aria-label={t('visibilityOfSelected')} className={fieldStyle}>
        <option value="">{t('visibilityAsItIs')}</option>
        <option value="private">{visibility('private')}</option>
        <option value="public">{visibility('public')}</option>
      </select>
      <Button type="submit" disabled={fetcher.state !== 'idle'}>
        {t('apply')}
      </Button>
      <BulkDeletion selection={selection} />
      {answer?.error && fetcher.state === 'idle' ? (
        <div className="w-full">
          <FormError
            message={texts.error(answer.error).message}
            hint={answer.error.issues
              ?.map(({ path }) => `${path}: ${texts.field(answer.error?.issues, path) ?? ''}`)
              .join('; ')}
          />
        </div>
      ) : null}
    </fetcher.Form>
  );
}
