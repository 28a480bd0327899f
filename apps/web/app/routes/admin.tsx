import type { LoaderFunctionArgs } from '@remix-run/node';
import { Outlet } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { Tabs } from '~/components/tabs';
import { titled } from '~/title';

export const meta = titled(({ admin }) => admin.title);

/** Each page below asks for what only admins get: who is none, sees their refusal. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  await load(request, context, (api) => api.accounts.list({ limit: 1 }));
  return null;
}

const TABS = {
  users: 'users',
  datasets: 'datasets',
  storage: 'storageTab',
  jobs: 'jobs',
  settings: 'settings',
  audit: 'auditLog',
  integrity: 'integrity',
} as const;

export default function Admin() {
  const t = useTranslations('admin');
  return (
    <>
      <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
      <Tabs label={t('title')} tabs={Object.entries(TABS).map(([path, name]) => [path, t(name)])} />
      <Outlet />
    </>
  );
}
