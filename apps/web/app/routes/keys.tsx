import type { ApiKeyView } from '@granary/client';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { useFetcher, useLoaderData } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Confirm } from '~/components/confirm';
import { Once } from '~/components/once';
import { Button, Card, Field, fieldStyle, ServerError } from '~/components/ui';
import { id, intentOf, parseForm, text, untilDays } from '~/form.server';
import { useFormat } from '~/format';
import { titled } from '~/title';

export const meta = titled(({ keys }) => keys.title);

export function loader({ request, context }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.auth.listApiKeys());
}

const form = z.discriminatedUnion('intent', [
  intentOf('create', { name: text, scopes: z.enum(['read', 'write']), days: untilDays }),
  intentOf('revoke', { id }),
]);

export async function action({ request, context }: ActionFunctionArgs) {
  const { auth } = context.api;
  const asked = await parseForm(request, form);
  if (asked.intent === 'revoke') {
    const { error } = await act(() => auth.revokeApiKey({ id: asked.id }));
    return { error, secret: null };
  }
  const { name, scopes, days: expiresAt } = asked;
  const { result, error } = await act(() =>
    auth.createApiKey({
      name,
      scopes: scopes === 'write' ? ['read', 'write'] : ['read'],
      ...(expiresAt ? { expiresAt } : {}),
    }),
  );
  return { error, secret: result?.secret ?? null };
}

const DAYS = [30, 90, 365];

export default function Keys() {
  const t = useTranslations('keys');
  const { items } = useLoaderData<typeof loader>();
  const fetcher = useFetcher<typeof action>();
  const { error, secret } = fetcher.data ?? { error: null, secret: null };
  return (
    <div className="mx-auto max-w-3xl space-y-6">
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
        <p className="mt-1 text-sm text-dim">{t('intro')}</p>
      </div>
      <Card>
        <fetcher.Form method="post" className="flex flex-wrap items-end gap-3">
          <input type="hidden" name="intent" value="create" />
          <div className="min-w-48 flex-1">
            <Field label={t('name')} name="name" required maxLength={100} placeholder={t('nameHint')} />
          </div>
          <label className="text-sm">
            <span className="mb-1.5 block font-medium text-soft">{t('scopes')}</span>
            <select name="scopes" className={fieldStyle}>
              <option value="read">{t('read')}</option>
              <option value="write">{t('readWrite')}</option>
            </select>
          </label>
          <label className="text-sm">
            <span className="mb-1.5 block font-medium text-soft">{t('expires')}</span>
            <select name="days" defaultValue="90" className={fieldStyle}>
              {DAYS.map((count) => (
                <option key={count} value={count}>
                  {t('days', { count })}
                </option>
              ))}
              <option value="0">{t('never')}</option>
            </select>
          </label>
          <Button type="submit" disabled={fetcher.state !== 'idle'}>
            {t('create')}
          </Button>
        </fetcher.Form>
        {error ? (
          <div className="mt-4">
            <ServerError error={error} />
          </div>
        ) : null}
        {secret ? (
          <div className="mt-4">
            <Once text={secret} label={t('copy')}>
              {t('secret')}
            </Once>
          </div>
        ) : null}
      </Card>
      {items.length === 0 ? (
        <p className="text-sm text-dim">{t('none')}</p>
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {items.map((key) => (
            <Key key={key.id} apiKey={key} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Key({ apiKey }: { apiKey: ApiKeyView }) {
  const t = useTranslations('keys');
  const format = useFormat();
  const fetcher = useFetcher<typeof action>();
  const { id, name, prefix, scopes, expiresAt, lastUsedAt, createdAt } = apiKey;
  return (
    <li className="flex flex-wrap items-center gap-4 px-4 py-3 text-sm">
      <div className="min-w-48 flex-1">
        <p className="font-medium break-words">
          {name} <code className="ml-1 text-xs font-normal text-dim">gk_{prefix}_…</code>
        </p>
        <p className="text-xs text-dim" suppressHydrationWarning>
          {[
            scopes.includes('write') ? t('readWrite') : t('read'),
            t('made', { ago: format.ago(createdAt) }),
            lastUsedAt ? t('lastUsed', { ago: format.ago(lastUsedAt) }) : t('unused'),
            ...(expiresAt ? [t('ends', { at: format.instant(expiresAt) })] : []),
          ].join(' · ')}
        </p>
      </div>
      <Confirm
        title={t('revokeTitle', { name })}
        action={t('revoke')}
        trigger={<Button variant="secondary">{t('revoke')}</Button>}
        onConfirm={() => fetcher.submit({ intent: 'revoke', id }, { method: 'post' })}
      >
        {t('revokeHint')}
      </Confirm>
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}
