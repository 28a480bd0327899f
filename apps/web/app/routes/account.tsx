import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Link, useFetcher } from '@remix-run/react';
import type { ReactNode } from 'react';
import { useRef } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Confirm } from '~/components/confirm';
import { ThemeChoice } from '~/components/theme-switch';
import { Button, buttonStyle, Card, Field, ServerError } from '~/components/ui';
import { intentOf, parseForm, text } from '~/form.server';
import { useServerTexts } from '~/server-texts';
import { titled } from '~/title';
import { useAnswer } from '~/use-answer';
import { useRoot } from '~/use-root';

export const meta = titled(({ me }) => me.title);

export function loader({ request, context }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.auth.me());
}

const form = z.discriminatedUnion('intent', [
  intentOf('rename', { name: text }),
  intentOf('password', { currentPassword: text, newPassword: text }),
  intentOf('everywhere', {}),
]);

export async function action({ request, context }: ActionFunctionArgs) {
  const { auth } = context.api;
  const asked = await parseForm(request, form);
  switch (asked.intent) {
    case 'rename':
      return act(() => auth.rename({ name: asked.name }));
    case 'password': {
      const { currentPassword, newPassword } = asked;
      return act(() => auth.changePassword({ currentPassword, newPassword }));
    }
    case 'everywhere': {
      const { error } = await act(() => auth.logoutEverywhere());
      if (error === null) throw redirect('/sign-in');
      return { result: null, error };
    }
  }
}

export default function Account() {
  const t = useTranslations('me');
  const frame = useTranslations('frame');
  return (
    <div className="mx-auto max-w-2xl space-y-6">
      <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
      <Profile />
      <Password />
      <Card title={frame('appearance')}>
        <ThemeChoice />
      </Card>
      <Card title={t('sessions')}>
        <Row hint={t('sessionsHint')}>
          <Everywhere />
        </Row>
      </Card>
      <Card>
        <div className="space-y-4">
          {(
            [
              ['/keys', t('keys'), t('keysHint')],
              ['/organizations', t('organizations'), t('organizationsHint')],
            ] as const
          ).map(([to, name, hint]) => (
            <Row key={to} hint={hint}>
              <Link to={to} className={buttonStyle.secondary}>
                {name}
              </Link>
            </Row>
          ))}
        </div>
      </Card>
    </div>
  );
}

function Row({ hint, children }: { hint: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <p className="text-sm text-dim">{hint}</p>
      {children}
    </div>
  );
}

function Profile() {
  const t = useTranslations();
  const person = useRoot()?.person;
  const fetcher = useFetcher<typeof action>();
  useAnswer(fetcher, ({ error }) => {
    if (!error) toast.success(t('me.saved'));
  });
  return (
    <Card title={t('me.profile')}>
      <fetcher.Form method="post" className="flex flex-wrap items-end gap-3">
        <input type="hidden" name="intent" value="rename" />
        <div className="min-w-48 flex-1">
          <Field
            label={t('account.name')}
            name="name"
            required
            maxLength={100}
            defaultValue={person?.name}
            hint={person?.email ?? ''}
          />
        </div>
        <Button type="submit" className="mb-5" disabled={fetcher.state !== 'idle'}>
          {t('me.save')}
        </Button>
      </fetcher.Form>
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </Card>
  );
}

function Password() {
  const t = useTranslations('me');
  const account = useTranslations('account');
  const texts = useServerTexts();
  const fetcher = useFetcher<typeof action>();
  const form = useRef<HTMLFormElement>(null);
  const error = fetcher.data?.error;
  useAnswer(fetcher, (answer) => {
    if (answer.error) return;
    toast.success(t('passwordChanged'));
    form.current?.reset();
  });
  return (
    <Card title={t('password')}>
      <fetcher.Form ref={form} method="post" className="space-y-4">
        <input type="hidden" name="intent" value="password" />
        <Field
          label={t('currentPassword')}
          name="currentPassword"
          type="password"
          required
          autoComplete="current-password"
          error={texts.field(error?.issues, 'currentPassword')}
        />
        <Field
          label={t('newPassword')}
          name="newPassword"
          type="password"
          required
          autoComplete="new-password"
          hint={account('passwordHint')}
          error={texts.field(error?.issues, 'newPassword')}
        />
        {error && !error.issues ? <ServerError error={error} /> : null}
        <Button type="submit" disabled={fetcher.state !== 'idle'}>
          {t('changePassword')}
        </Button>
      </fetcher.Form>
    </Card>
  );
}

function Everywhere() {
  const t = useTranslations('me');
  const fetcher = useFetcher();
  return (
    <Confirm
      title={t('everywhereTitle')}
      action={t('everywhere')}
      trigger={<Button variant="secondary">{t('everywhere')}</Button>}
      onConfirm={() => fetcher.submit({ intent: 'everywhere' }, { method: 'post' })}
    >
      {t('everywhereHint')}
    </Confirm>
  );
}
