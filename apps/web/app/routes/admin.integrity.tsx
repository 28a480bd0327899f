import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { Integrity } from '~/components/integrity';
import { parseForm } from '~/form.server';
import { actOnIntegrity, integrityForms, loadIntegrity } from '~/integrity.server';

export function loader({ request, context }: LoaderFunctionArgs) {
  return loadIntegrity(request, context, undefined);
}

const form = z.discriminatedUnion('intent', integrityForms);

export async function action({ request, context }: ActionFunctionArgs) {
  return actOnIntegrity(await parseForm(request, form), context, undefined);
}

export default function SiteIntegrity() {
  const t = useTranslations('integrity');
  return <Integrity {...useLoaderData<typeof loader>()} intro={t('introAll')} />;
}
