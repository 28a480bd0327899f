import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { Inbox } from 'lucide-react';
import { load } from '~/api.server';
import { Ago } from '~/components/ago';
import { EmptyState, StatusBadge } from '~/components/ui';
import { formatCount, importTitle } from '~/format';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.imports.list({ id: params.id ?? '', limit: 100 }));
}

export default function Imports() {
  const { items } = useLoaderData<typeof loader>();
  if (items.length === 0) {
    return (
      <EmptyState icon={<Inbox className="size-6" aria-hidden />} title="Nothing was imported yet">
        Upload an archive or a folder on the Overview tab.
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
                ? `${formatCount(item.counts.files)} files · ${formatCount(item.counts.annotations)} annotations · `
                : ''}
              <Ago at={item.createdAt} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
