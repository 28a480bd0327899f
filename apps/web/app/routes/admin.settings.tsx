import { GIGABYTE } from '@granary/core/base/gigabytes';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Button, Card, Field, ServerError } from '~/components/ui';
import { checkbox, number, numberOrNull, parseForm, text } from '~/form.server';
import { gigabytes } from '~/format';
import { useServerTexts } from '~/server-texts';
import { useAnswer } from '~/use-answer';

export function loader({ request, context }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.site.settings());
}

const MODES = ['open', 'invite_only', 'closed'] as const;

const form = z.object({
  signUp: z.enum(MODES),
  trashDays: number,
  backupDays: number,
  anonymousRead: checkbox,
  requestsPerMinute: number,
  quotaGb: text,
  quotaDatasets: numberOrNull,
  requireLicense: checkbox,
});

export async function action({ request, context }: ActionFunctionArgs) {
  const { quotaGb, ...settings } = await parseForm(request, form);
  const { error } = await act(() => context.api.site.updateSettings({ ...settings, quotaBytes: gigabytes(quotaGb) }));
  return { error, savedAt: Date.now() };
}

export default function AdminSettings() {
  const t = useTranslations('admin');
  const texts = useServerTexts();
  const settings = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const { state } = useNavigation();
  const isBusy = state !== 'idle';
  useAnswer({ state, data: answer }, ({ error }) => {
    if (!error) toast.success(t('saved'));
  });
  const number = (name: keyof typeof settings, label: string, hint?: string) => (
    <Field
      label={label}
      name={name}
      type="number"
      min={0}
      step="any"
      required
      defaultValue={String(settings[name])}
      error={texts.field(answer?.error?.issues, name)}
      {...(hint ? { hint } : {})}
    />
  );
  const switchOf = (name: 'anonymousRead' | 'requireLicense', label: string, hint: string) => (
    <label className="flex items-start gap-2 text-sm">
      <input type="checkbox" name={name} defaultChecked={settings[name]} className="mt-1 accent-accent" />
      <span>
        {label} <span className="block text-xs text-dim">{hint}</span>
      </span>
    </label>
  );
  return (
    <Form method="post" className="max-w-2xl">
      <Card className="space-y-5">
        <fieldset>
          <legend className="mb-1.5 text-sm font-medium text-soft">{t('signUp')}</legend>
          {MODES.map((mode) => (
            <label key={mode} className="flex items-center gap-2 py-0.5 text-sm">
              <input
                type="radio"
                name="signUp"
                value={mode}
                defaultChecked={settings.signUp === mode}
                className="accent-accent"
              />
              {t(`signUpModes.${mode}`)}
            </label>
          ))}
        </fieldset>
        {switchOf('anonymousRead', t('anonymousRead'), t('anonymousReadHint'))}
        <div className="grid gap-5 sm:grid-cols-2">
          {number('trashDays', t('trashDays'))}
          {number('backupDays', t('backupDays'))}
          <Field
            label={t('quotaAll')}
            name="quotaGb"
            type="number"
            min={0}
            step="any"
            defaultValue={settings.quotaBytes === null ? '' : settings.quotaBytes / GIGABYTE}
            hint={t('emptyNoLimit')}
          />
          <Field
            label={t('quotaAllDatasets')}
            name="quotaDatasets"
            type="number"
            min={0}
            defaultValue={settings.quotaDatasets ?? ''}
            hint={t('emptyNoLimit')}
          />
          {number('requestsPerMinute', t('requestsPerMinute'), t('noLimit'))}
        </div>
        {switchOf('requireLicense', t('requireLicense'), t('requireLicenseHint'))}
        {answer?.error && !answer.error.issues ? <ServerError error={answer.error} /> : null}
        <Button type="submit" disabled={isBusy}>
          {t('save')}
        </Button>
      </Card>
    </Form>
  );
}
