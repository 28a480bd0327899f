import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { Link, NavLink, Outlet, useLoaderData } from '@remix-run/react';
import { clsx } from 'clsx';
import { load } from '~/api.server';
import { StatusBadge } from '~/components/ui';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.datasets.get({ id: params.id ?? '' }));
}

export const meta: MetaFunction<typeof loader> = ({ data }) => [{ title: `${data?.name ?? 'Dataset'} · Granary` }];

const TABS = [
  { to: '.', label: 'Overview' },
  { to: 'images', label: 'Images' },
  { to: 'duplicates', label: 'Duplicates' },
  { to: 'files', label: 'Files' },
  { to: 'imports', label: 'Imports' },
  { to: 'activity', label: 'Activity' },
];
const SETTINGS = { to: 'settings', label: 'Settings' };

export default function Dataset() {
  const dataset = useLoaderData<typeof loader>();
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="min-w-0 text-2xl font-semibold tracking-tight break-words">{dataset.name}</h1>
        <StatusBadge status={dataset.status} />
      </div>
      {dataset.tags.length > 0 ? (
        <ul aria-label="Tags" className="mt-2 flex flex-wrap gap-1.5">
          {dataset.tags.map((tag) => (
            <li key={tag}>
              <Link
                to={`/datasets?tags=${encodeURIComponent(tag)}`}
                className="rounded-full bg-raised px-2 py-0.5 text-xs text-slate-300 hover:bg-slate-700"
              >
                {tag}
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
      <nav aria-label="Dataset" className="mt-5 mb-6 flex gap-1 overflow-x-auto border-b border-line text-sm">
        {(dataset.actions.includes('edit') ? [...TABS, SETTINGS] : TABS).map(({ to, label }) => (
          <NavLink
            key={to}
            to={to}
            end={to === '.'}
            className={({ isActive }) =>
              clsx(
                '-mb-px shrink-0 border-b-2 px-3 py-2',
                isActive ? 'border-emerald-400 text-ink' : 'border-transparent text-dim hover:text-ink',
              )
            }
          >
            {label}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </>
  );
}
