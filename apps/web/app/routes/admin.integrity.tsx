import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { Integrity } from '~/components/integrity';
import { actOnIntegrity, loadIntegrity } from '~/integrity.server';

export function loader({ request, context }: LoaderFunctionArgs) {
  return loadIntegrity(request, context, undefined);
}

export async function action({ request, context }: ActionFunctionArgs) {
  return actOnIntegrity(await request.formData(), context, undefined);
}

export default function SiteIntegrity() {
  const t = useTranslations('integrity');
  return <Integrity {...useLoaderData<typeof loader>()} intro={t('introAll')} />;
}
