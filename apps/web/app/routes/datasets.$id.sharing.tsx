import type { GrantView, UsageView } from '@granary/api/client';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { useFetcher, useLoaderData } from '@remix-run/react';
import { X } from 'lucide-react';
import { useRef } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { act, load } from '~/api.server';
import { CopyButton } from '~/components/copy-button';
import { Button, buttonStyle, Card, Field, fieldStyle, ServerError } from '~/components/ui';
import { useFormat } from '~/format';
import { useAnswer } from '~/use-answer';

const ROLES = ['viewer', 'editor', 'owner'] as const;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  return load(request, context, async (api) => {
    const [dataset, grants, usages] = await Promise.all([
      api.datasets.get({ id }),
      api.sharing.list({ id }),
      api.usages.list({ id, live: 'true', limit: 100 }),
    ]);
    const link = new URL(`/datasets/${id}`, request.url).href;
    return { dataset, grants: grants.items, usages: usages.items, link };
  });
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const id = params.id ?? '';
  const form = await request.formData();
  const text = (name: string) => String(form.get(name) ?? '');
  const { sharing, usages } = context.api;
  // The procedure's own schema says which roles there are.
  const role = text('role') as (typeof ROLES)[number];
  switch (form.get('intent')) {
    case 'grant': {
      const { result, error } = await act(() => sharing.grant({ id, email: text('email'), role }));
      return { error, sharedWith: result?.name ?? null };
    }
    case 'change':
      return { ...(await act(() => sharing.change({ id, userId: text('userId'), role }))), sharedWith: null };
    case 'revoke':
      return { ...(await act(() => sharing.revoke({ id, userId: text('userId') }))), sharedWith: null };
    default:
      return { ...(await act(() => usages.release({ usageId: text('usageId') }))), sharedWith: null };
  }
}

export default function Sharing() {
  const t = useTranslations('sharing');
  const { dataset, grants, usages, link } = useLoaderData<typeof loader>();
  const canManage = dataset.actions.includes('manage');
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Card
        title={
          <span className="flex items-center gap-2">
            {t('title')} <CopyButton text={link} label={t('copyLink')} />
          </span>
        }
      >
        <p className="-mt-2 mb-4 text-sm text-dim">{dataset.visibility === 'public' ? t('isPublic') : t('intro')}</p>
        {canManage ? <Add /> : null}
        <ul className="divide-y divide-line text-sm">
          {grants.map((grant) => (
            <Grant key={grant.userId} grant={grant} canManage={canManage} />
          ))}
        </ul>
      </Card>
      <Card title={t('usages')}>
        <p className="-mt-2 mb-4 text-sm text-dim">{t('usagesIntro')}</p>
        {usages.length === 0 ? <p className="text-sm text-dim">{t('noUsages')}</p> : null}
        <ul className="divide-y divide-line text-sm">
          {usages.map((usage) => (
            <Usage key={usage.id} usage={usage} />
          ))}
        </ul>
      </Card>
    </div>
  );
}

function Add() {
  const t = useTranslations('sharing');
  const fetcher = useFetcher<typeof action>();
  const form = useRef<HTMLFormElement>(null);
  useAnswer(fetcher.data, ({ sharedWith }) => {
    if (!sharedWith) return;
    toast.success(t('shared', { name: sharedWith }));
    form.current?.reset();
  });
  return (
    <fetcher.Form ref={form} method="post" className="mb-4 space-y-3">
      <input type="hidden" name="intent" value="grant" />
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-48 flex-1">
          <Field label={t('email')} name="email" type="email" required />
        </div>
        <select name="role" aria-label={t('role')} className={fieldStyle}>
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {t(`roles.${role}`)} – {t(`roleHint.${role}`)}
            </option>
          ))}
        </select>
        <Button type="submit" disabled={fetcher.state !== 'idle'}>
          {t('add')}
        </Button>
      </div>
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </fetcher.Form>
  );
}

function Grant({ grant, canManage }: { grant: GrantView; canManage: boolean }) {
  const t = useTranslations('sharing');
  const format = useFormat();
  const fetcher = useFetcher<typeof action>();
  const { userId, name, email, role, isOwner, grantedBy, grantedAt } = grant;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-40 flex-1">
        <p className="font-medium break-words">{name}</p>
        <p className="text-xs break-all text-dim" suppressHydrationWarning>
          {email}
          {isOwner
            ? ` · ${t('itsOwner')}`
            : grantedAt
              ? ` · ${t('givenBy', { name: grantedBy ?? '–', ago: format.ago(grantedAt) })}`
              : ''}
        </p>
      </div>
      {isOwner || !canManage ? (
        <span className="text-dim">{t(`roles.${role}`)}</span>
      ) : (
        <>
          <select
            aria-label={t('roleOf', { name })}
            value={role}
            onChange={(event) =>
              fetcher.submit({ intent: 'change', userId, role: event.target.value }, { method: 'post' })
            }
            className={fieldStyle}
          >
            {ROLES.map((choice) => (
              <option key={choice} value={choice}>
                {t(`roles.${choice}`)}
              </option>
            ))}
          </select>
          <button
            type="button"
            aria-label={t('remove', { name })}
            title={t('remove', { name })}
            className={buttonStyle.icon}
            onClick={() => fetcher.submit({ intent: 'revoke', userId }, { method: 'post' })}
          >
            <X className="size-4" aria-hidden />
          </button>
        </>
      )}
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}

function Usage({ usage }: { usage: UsageView }) {
  const t = useTranslations('sharing');
  const format = useFormat();
  const fetcher = useFetcher<typeof action>();
  const { id, service, externalId, createdBy, createdAt } = usage;
  return (
    <li className="flex flex-wrap items-center gap-4 py-3">
      <div className="min-w-40 flex-1">
        <p className="font-medium break-words">{t('usage', { service, externalId })}</p>
        <p className="text-xs text-dim" suppressHydrationWarning>
          {t('registered', { ago: format.ago(createdAt), name: createdBy ?? '–' })}
        </p>
      </div>
      <fetcher.Form method="post">
        <input type="hidden" name="usageId" value={id} />
        <Button type="submit" variant="secondary" disabled={fetcher.state !== 'idle'}>
          {t('release')}
        </Button>
      </fetcher.Form>
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}
