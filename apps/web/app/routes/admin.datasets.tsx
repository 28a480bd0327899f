import type { AdminDatasetView } from '@granary/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Link, useFetcher, useLoaderData, useSearchParams } from '@remix-run/react';
import { Database } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { NextPage } from '~/components/next-page';
import { SearchForm } from '~/components/search-form';
import { Button, Card, EmptyState, Field, ServerError, StatusBadge } from '~/components/ui';
import { intentOf, optional, parseForm, text } from '~/form.server';
import { useFormat } from '~/format';
import { useServerTexts } from '~/server-texts';

export function loader({ request, context }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const input = { limit: 50, search: query.get('search') || undefined, cursor: query.get('cursor') ?? undefined };
  return load(request, context, (api) => api.admin.datasets(input));
}

const form = z.discriminatedUnion('intent', [
  intentOf('publish', { id: text, name: text }),
  intentOf('adopt', { id: text, name: text, ownerEmail: optional }),
]);

export async function action({ request, context }: ActionFunctionArgs) {
  const { samples } = context.api;
  const { intent, ...about } = await parseForm(request, form);
  if (intent === 'adopt') {
    const { result, error } = await act(() => samples.adopt(about));
    if (result) throw redirect(`/datasets/${result.dataset.id}`);
    return { error };
  }
  const { result, error } = await act(() => samples.publish(about));
  if (result) throw redirect(`/datasets/${result.id}`);
  return { error };
}

/** All datasets, the largest first; and samples of the platform. */
export default function AdminDatasets() {
  const t = useTranslations('admin');
  const { items, nextCursor } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const search = query.get('search') ?? '';
  const next = new URLSearchParams({ ...(search ? { search } : {}), cursor: nextCursor ?? '' });
  return (
    <div className="space-y-4">
      <SearchForm label={t('searchDatasets')} />
      {items.length === 0 ? (
        <EmptyState icon={<Database className="size-6" aria-hidden />} title={t('noDatasets')}>
          {search}
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {items.map((dataset) => (
            <Item key={dataset.id} dataset={dataset} />
          ))}
        </ul>
      )}
      {nextCursor ? <NextPage to={`?${next}`} /> : null}
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Sample intent="publish" title={t('publish')} intro={t('publishIntro')} />
        <Sample intent="adopt" title={t('adopt')} intro={t('adoptIntro')} />
      </div>
    </div>
  );
}

function Item({ dataset }: { dataset: AdminDatasetView }) {
  const t = useTranslations('admin');
  const format = useFormat();
  const { id, name, status, sizeBytes, deletedAt, ownerName, ownerEmail, organizationName } = dataset;
  return (
    <li className="flex flex-wrap items-center gap-x-5 gap-y-1 px-4 py-3 text-sm">
      <div className="min-w-48 flex-1">
        <Link to={`/datasets/${id}`} className="font-medium break-words hover:underline">
          {name}
        </Link>
        <p className="text-xs break-all text-dim">
          {[organizationName, ownerName && `${ownerName} (${ownerEmail})`].filter(Boolean).join(' · ') || t('platform')}
        </p>
      </div>
      {deletedAt ? <span className="text-xs text-warn">{t('inTrash')}</span> : <StatusBadge status={status} />}
      <span className="text-xs tabular-nums">{format.bytes(sizeBytes)}</span>
    </li>
  );
}

function Sample({ intent, title, intro }: { intent: 'publish' | 'adopt'; title: string; intro: string }) {
  const t = useTranslations('admin');
  const texts = useServerTexts();
  const fetcher = useFetcher<typeof action>();
  const error = fetcher.data?.error;
  const field = (name: string, label: string, props: { required?: boolean; hint?: string; type?: string }) => (
    <Field label={label} name={name} id={`${intent}-${name}`} error={texts.field(error?.issues, name)} {...props} />
  );
  return (
    <Card title={title}>
      <p className="-mt-2 mb-4 text-sm text-dim">{intro}</p>
      <fetcher.Form method="post" className="space-y-4">
        <input type="hidden" name="intent" value={intent} />
        {field('id', t('id'), { required: true, hint: t('idHint') })}
        {field('name', t('name'), { required: true })}
        {intent === 'adopt' ? field('ownerEmail', t('ownerEmail'), { type: 'email', hint: t('ownerEmailHint') }) : null}
        {error && !error.issues ? <ServerError error={error} /> : null}
        <Button type="submit" variant="secondary" disabled={fetcher.state !== 'idle'}>
          {title}
        </Button>
      </fetcher.Form>
    </Card>
  );
}
