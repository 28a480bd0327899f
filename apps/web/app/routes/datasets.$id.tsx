import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { NavLink, Outlet, useLoaderData } from '@remix-run/react';
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
  { to: 'imports', label: 'Imports' },
];

export default function Dataset() {
  const dataset = useLoaderData<typeof loader>();
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="min-w-0 text-2xl font-semibold tracking-tight break-words">{dataset.name}</h1>
        <StatusBadge status={dataset.status} />
      </div>
      {dataset.description ? (
        <p className="mt-1 max-w-3xl text-sm whitespace-pre-line text-dim">{dataset.description}</p>
      ) : null}
      <nav aria-label="Dataset" className="mt-5 mb-6 flex gap-1 border-b border-line text-sm">
        {TABS.map(({ to, label }) => (
          <NavLink
            key={to}
            to={to}
            end={to === '.'}
            className={({ isActive }) =>
              clsx(
                '-mb-px border-b-2 px-3 py-2',
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
