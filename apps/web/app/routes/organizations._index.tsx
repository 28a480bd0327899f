import type { TransferView } from '@granary/client';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { Link, redirect, useFetcher, useLoaderData } from '@remix-run/react';
import { Users } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Ago } from '~/components/ago';
import { Button, Card, EmptyState, Field, ServerError } from '~/components/ui';
import { id, intentOf, parseForm, text } from '~/form.server';
import { titled } from '~/title';

export const meta = titled(({ organizations }) => organizations.title);

export function loader({ request, context }: LoaderFunctionArgs) {
  return load(request, context, async (api) => {
    const [mine, offers] = await Promise.all([api.organizations.list({ limit: 100 }), api.sharing.transfers({})]);
    return { organizations: mine.items, offers: offers.items };
  });
}

const form = z.discriminatedUnion('intent', [
  intentOf('accept', { id }),
  intentOf('decline', { id }),
  intentOf('create', { name: text }),
]);

export async function action({ request, context }: ActionFunctionArgs) {
  const { organizations, sharing } = context.api;
  const asked = await parseForm(request, form);
  switch (asked.intent) {
    case 'accept': {
      const { result, error } = await act(() => sharing.acceptTransfer({ id: asked.id }));
      if (result) throw redirect(`/datasets/${result.datasetId}`);
      return { error };
    }
    case 'decline':
      return { error: (await act(() => sharing.declineTransfer({ id: asked.id }))).error };
    case 'create': {
      const { result, error } = await act(() => organizations.create({ name: asked.name }));
      if (result) throw redirect(`/organizations/${result.id}`);
      return { error };
    }
  }
}

export default function Organizations() {
  const t = useTranslations('organizations');
  const { organizations, offers } = useLoaderData<typeof loader>();
  return (
    <div className="mx-auto max-w-3xl space-y-6">
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
        <p className="mt-1 text-sm text-dim">{t('intro')}</p>
      </div>
      {offers.length > 0 ? (
        <Card title={t('offers')}>
          <ul className="divide-y divide-line text-sm">
            {offers.map((offer) => (
              <Offer key={offer.id} offer={offer} />
            ))}
          </ul>
        </Card>
      ) : null}
      {organizations.length === 0 ? (
        <EmptyState icon={<Users className="size-6" aria-hidden />} title={t('none')}>
          {t('intro')}
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {organizations.map(({ id, name, role, numMembers, numDatasets }) => (
            <li key={id} className="flex flex-wrap items-center gap-3 px-4 py-3 text-sm">
              <Link to={`/organizations/${id}`} className="min-w-0 flex-1 font-medium break-words hover:underline">
                {name}
              </Link>
              <span className="text-dim">{t('counts', { members: numMembers, datasets: numDatasets })}</span>
              {role ? <Role role={role} /> : null}
            </li>
          ))}
        </ul>
      )}
      <Create />
    </div>
  );
}

function Role({ role }: { role: 'owner' | 'admin' | 'member' }) {
  const t = useTranslations('sharing.organizationRoles');
  return <span className="rounded-full bg-raised px-2 py-0.5 text-xs text-dim">{t(role)}</span>;
}

function Create() {
  const t = useTranslations('organizations');
  const fetcher = useFetcher<typeof action>();
  return (
    <Card>
      <fetcher.Form method="post" className="flex flex-wrap items-end gap-3">
        <input type="hidden" name="intent" value="create" />
        <div className="min-w-48 flex-1">
          <Field label={t('name')} name="name" required maxLength={80} />
        </div>
        <Button type="submit" disabled={fetcher.state !== 'idle'}>
          {t('create')}
        </Button>
      </fetcher.Form>
      {fetcher.data?.error ? (
        <div className="mt-3">
          <ServerError error={fetcher.data.error} />
        </div>
      ) : null}
    </Card>
  );
}

function Offer({ offer }: { offer: TransferView }) {
  const t = useTranslations('organizations');
  const fetcher = useFetcher<typeof action>();
  const { id, datasetName, offeredBy, to, createdAt } = offer;
  return (
    <li className="flex flex-wrap items-center gap-3 py-3">
      <p className="min-w-48 flex-1 break-words">
        {t('offer', { dataset: datasetName, name: offeredBy ?? '–', to })}{' '}
        <span className="text-xs text-dim">
          <Ago at={createdAt} />
        </span>
      </p>
      <fetcher.Form method="post" className="flex gap-2">
        <input type="hidden" name="id" value={id} />
        <Button type="submit" name="intent" value="accept" disabled={fetcher.state !== 'idle'}>
          {t('accept')}
        </Button>
        <Button type="submit" name="intent" value="decline" variant="secondary" disabled={fetcher.state !== 'idle'}>
          {t('decline')}
        </Button>
      </fetcher.Form>
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}
