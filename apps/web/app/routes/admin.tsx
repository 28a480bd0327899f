import type { LoaderFunctionArgs } from '@remix-run/node';
import { NavLink, Outlet } from '@remix-run/react';
import { clsx } from 'clsx';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { titled } from '~/title';

export const meta = titled(({ admin }) => admin.title);

/** Each page below asks for what only admins get: who is none, sees their refusal. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  await load(request, context, (api) => api.accounts.list({ limit: 1 }));
  return null;
}

const TABS = { users: 'users', audit: 'auditLog', integrity: 'integrity' } as const;

export default function Admin() {
  const t = useTranslations('admin');
  return (
    <>
      <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
      <nav aria-label={t('title')} className="mt-4 mb-6 flex gap-1 overflow-x-auto border-b border-line text-sm">
        {Object.entries(TABS).map(([path, name]) => (
          <NavLink
            key={path}
            to={path}
            className={({ isActive }) =>
              clsx(
                '-mb-px shrink-0 border-b-2 px-3 py-2',
                isActive ? 'border-emerald-400 text-ink' : 'border-transparent text-dim hover:text-ink',
              )
            }
          >
            {t(name)}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </>
  );
}
