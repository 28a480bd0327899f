import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { Inbox } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { Ago } from '~/components/ago';
import { EmptyState, StatusBadge } from '~/components/ui';
import { useImportTitle } from '~/format';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.imports.list({ id: params.id ?? '', limit: 100 }));
}

export default function Imports() {
  const t = useTranslations('imports');
  const files = useTranslations('files');
  const importTitle = useImportTitle();
  const { items } = useLoaderData<typeof loader>();
  if (items.length === 0) {
    return (
      <EmptyState icon={<Inbox className="size-6" aria-hidden />} title={t('none')}>
        {files('uploadSome')}
      </EmptyState>
    );
  }
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
      {items.map((item) => (
        <li key={item.id}>
          <Link to={item.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-5 py-3 text-sm hover:bg-raised">
            <StatusBadge status={item.state} />
            <span className="min-w-0 flex-1 font-medium break-words">{importTitle(item)}</span>
            <span className="text-dim">
              {item.counts
                ? `${t('counts', { files: item.counts.files, annotations: item.counts.annotations })} · `
                : ''}
              <Ago at={item.createdAt} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
