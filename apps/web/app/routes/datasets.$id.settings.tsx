import type { ActionFunctionArgs, LoaderFunctionArgs, SerializeFrom } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { DeleteDataset } from '~/components/deletion-dialog';
import { LicenseField } from '~/components/license-field';
import { Markdown } from '~/components/markdown';
import { Button, Card, Field, SelectField, ServerError, TextAreaField } from '~/components/ui';
import { VisibilityChoice } from '~/components/visibility-choice';
import { parseForm, text, words } from '~/form.server';
import { TASKS, useNames } from '~/format';
import { useServerTexts } from '~/server-texts';
import { VISIBILITIES } from '~/visibility';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.datasets.get({ id: params.id ?? '' }));
}

const form = z.object({
  name: text,
  description: text,
  license: text,
  citation: text,
  tags: words,
  taskType: z.enum(['', ...TASKS]),
  visibility: z.enum(VISIBILITIES).optional(),
});

export async function action({ request, context, params }: ActionFunctionArgs) {
  const { visibility, license, taskType, ...changes } = await parseForm(request, form);
  const { error } = await act(() =>
    context.api.datasets.update({
      ...changes,
      id: params.id ?? '',
      license: license || null,
      taskType: taskType || null,
      ...(visibility ? { visibility } : {}),
    }),
  );
  return { error, savedAt: Date.now() };
}

export default function Settings() {
  const t = useTranslations('dataset');
  const deletion = useTranslations('deletion');
  const texts = useServerTexts();
  const names = useNames();
  const dataset = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const isBusy = useNavigation().state !== 'idle';
  const error = answer?.error ?? null;
  useEffect(() => {
    if (answer && !answer.error) toast.success(t('saved'));
  }, [answer, t]);
  if (!dataset.actions.includes('edit')) return <p className="text-dim">{t('readOnly')}</p>;
  return (
    <div className="space-y-6">
      <Form method="post" className="grid gap-6 lg:grid-cols-2">
        <Card className="space-y-5">
          <Field
            label={t('name')}
            name="name"
            required
            maxLength={255}
            defaultValue={dataset.name}
            error={texts.field(error?.issues, 'name')}
          />
          <TextAreaField
            label={t('description')}
            note={t('markdown')}
            name="description"
            rows={10}
            maxLength={20_000}
            defaultValue={dataset.description}
            className="font-mono"
          />
          <LicenseField defaultValue={dataset.license ?? ''} error={texts.field(error?.issues, 'license')} />
          <TextAreaField
            label={t('citation')}
            note={t('citationHint')}
            name="citation"
            rows={4}
            maxLength={10_000}
            defaultValue={dataset.citation}
            className="font-mono"
          />
          <Field
            label={t('tags')}
            name="tags"
            defaultValue={dataset.tags.join(', ')}
            hint={t('tagsRule')}
            error={texts.field(error?.issues, 'tags')}
          />
          <SelectField label={t('task')} name="taskType" defaultValue={dataset.taskType ?? ''}>
            {tasksOf(dataset).map((task) => (
              <option key={task} value={task ?? ''}>
                {names.task(task)}
              </option>
            ))}
          </SelectField>
          {dataset.actions.includes('manage') ? (
            <VisibilityChoice value={dataset.visibility} organization={dataset.organization?.name ?? null} />
          ) : null}
          {error && !error.issues ? <ServerError error={error} /> : null}
          <Button type="submit" disabled={isBusy}>
            {t('save')}
          </Button>
        </Card>
        <Card title={t('preview')}>
          {dataset.description ? (
            <Markdown>{dataset.description}</Markdown>
          ) : (
            <p className="text-sm text-dim">{t('noDescription')}</p>
          )}
        </Card>
      </Form>
      {dataset.actions.includes('manage') ? (
        <Card title={deletion('dangerZone')} className="border-bad/40">
          <div className="flex flex-wrap items-center gap-4">
            <div className="min-w-0 flex-1 text-sm">
              <p className="font-medium">{deletion('delete')}</p>
              <p className="text-dim">{deletion('deleteHint')}</p>
            </div>
            <DeleteDataset dataset={dataset} />
          </div>
        </Card>
      ) : null}
    </div>
  );
}

/** A dataset of rows stays one, and so does one of images; one that is empty may become either. */
function tasksOf({ numFiles, taskType }: SerializeFrom<typeof loader>) {
  const ofImages = TASKS.filter((task) => task !== 'text');
  if (numFiles === 0) return [null, ...TASKS];
  return taskType === 'text' ? (['text'] as const) : [null, ...ofImages];
}
