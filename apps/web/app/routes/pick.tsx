import type { DatasetView } from '@granary/client';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData, useSearchParams } from '@remix-run/react';
import { clsx } from 'clsx';
import { Database } from 'lucide-react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { load, toSignIn } from '~/api.server';
import { NextPage } from '~/components/next-page';
import { SearchForm } from '~/components/search-form';
import { Button, EmptyState, FormError } from '~/components/ui';
import { useFormat, useNames } from '~/format';
import { titled } from '~/title';

export const meta = titled(({ pick }) => pick.title);

const SCOPES = ['samples', 'mine', 'shared', 'organization'] as const;

/** Tells which page is answered: the one that opened this, if the site allows it. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  // Who chooses for another app works there: they have datasets of their own.
  if (await context.isAnonymous()) throw toSignIn(request);
  const query = new URL(request.url).searchParams;
  const scope = SCOPES.find((one) => one === query.get('scope')) ?? 'samples';
  const text = (name: string) => query.get(name) || undefined;
  const input = {
    scope,
    taskType: text('taskType'),
    tags: text('tags'),
    search: text('search'),
    cursor: text('cursor'),
  };
  const asked = query.get('origin') ?? '';
  return load(request, context, async (api) => ({
    ...(await api.datasets.available(input)),
    scope,
    origin: context.embedOrigins.includes(asked) ? asked : null,
  }));
}

/**
 * For other apps, in a frame or a window of its own: what is chosen is sent to the origin that the address names, as
 * `{ type: 'granary:dataset', id, name, taskType }`.
 */
export default function Pick() {
  const t = useTranslations('pick');
  const actions = useTranslations('actions');
  const { items, nextCursor, scope, origin } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const withParam = (changes: Record<string, string>) => {
    const next = new URLSearchParams(query);
    next.delete('cursor');
    for (const [name, value] of Object.entries(changes)) next.set(name, value);
    return `?${next}`;
  };
  const choose = ({ id, name, taskType }: DatasetView) => {
    const target = window.opener ?? (window.parent === window ? null : window.parent);
    if (!target || origin === null) return;
    target.postMessage({ type: 'granary:dataset', id, name, taskType }, origin);
    toast.success(t('chosen', { name }));
  };
  return (
    <div className="mx-auto max-w-3xl space-y-4">
      <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
      {origin === null && query.has('origin') ? <FormError message={t('refused')} /> : null}
      <nav aria-label={t('title')} className="flex flex-wrap gap-1">
        {SCOPES.map((one) => (
          <Link
            key={one}
            to={withParam({ scope: one })}
            aria-current={one === scope ? 'page' : undefined}
            className={clsx('rounded-md px-3 py-1.5 text-sm', one === scope ? 'bg-raised' : 'text-dim hover:text-ink')}
          >
            {t(one)}
          </Link>
        ))}
      </nav>
      <SearchForm label={actions('search')} />
      {items.length === 0 ? (
        <EmptyState icon={<Database className="size-6" aria-hidden />} title={t('none')}>
          {query.get('taskType') ?? ''}
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {items.map((dataset) => (
            <Choice key={dataset.id} dataset={dataset} canChoose={origin !== null} onChoose={() => choose(dataset)} />
          ))}
        </ul>
      )}
      {nextCursor ? <NextPage to={withParam({ cursor: nextCursor })} /> : null}
    </div>
  );
}

function Choice({ dataset, canChoose, onChoose }: { dataset: DatasetView; canChoose: boolean; onChoose(): void }) {
  const t = useTranslations('pick');
  const format = useFormat();
  const names = useNames();
  const { id, name, taskType, numImages, numClasses, sizeBytes, classNames } = dataset;
  return (
    <li className="flex flex-wrap items-center gap-4 px-4 py-3 text-sm">
      <div className="min-w-48 flex-1">
        <Link to={`/datasets/${id}`} target="_blank" className="font-medium break-words hover:underline">
          {name}
        </Link>
        <p className="text-xs text-dim">
          {names.task(taskType)} ·{' '}
          {t('facts', { images: numImages, classes: numClasses, size: format.bytes(sizeBytes) })}
        </p>
        <p className="truncate text-xs text-dim">{classNames.slice(0, 8).join(', ')}</p>
      </div>
      {canChoose ? <Button onClick={onChoose}>{t('choose', { name })}</Button> : null}
    </li>
  );
}
