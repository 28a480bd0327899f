import type { TokenizationView, TokenPreviewView } from '@granary/client';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { Link, useFetcher, useLoaderData, useRouteLoaderData, useSubmit } from '@remix-run/react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Confirm } from '~/components/confirm';
import { Histogram } from '~/components/histogram';
import { JobPanel } from '~/components/job-panel';
import { Button, Card, Facts, Field, SelectField, ServerError, StatusBadge } from '~/components/ui';
import { checkbox, id, intentOf, number, optional, parseForm, text } from '~/form.server';
import { useFormat } from '~/format';
import { keyed } from '~/keyed';
import { useServerTexts } from '~/server-texts';
import type { loader as datasetLoader } from './datasets.$id';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  return load(request, context, async (api) => {
    const [{ items }, page] = await Promise.all([
      api.tokenization.list({ id, limit: 100 }),
      api.tables.samples({ id, limit: 1, maxCell: 1 }),
    ]);
    return { id, tokenizations: items, columns: page.columns, hasRows: page.split !== null };
  });
}

const options = {
  tokenizer: text,
  file: z.union([z.instanceof(File), z.string()]).optional(),
  column: optional,
  template: optional,
  maxLength: optional,
  truncation: checkbox,
  padding: checkbox,
  specialTokens: checkbox,
};
const form = z.discriminatedUnion('intent', [
  intentOf('remove', { tokenizationId: id }),
  intentOf('cancel', { jobId: id }),
  intentOf('preview', { ...options, index: number }),
  intentOf('create', options),
]);

export async function action({ request, context, params }: ActionFunctionArgs) {
  const datasetId = params.id ?? '';
  const { tokenization, jobs } = context.api;
  const none = { preview: null, error: null };
  const asked = await parseForm(request, form);
  if (asked.intent === 'remove') {
    const { tokenizationId } = asked;
    const { error } = await act(() => tokenization.remove({ id: datasetId, tokenizationId }));
    return { ...none, error };
  }
  if (asked.intent === 'cancel') {
    const { error } = await act(() => jobs.cancel({ id: asked.jobId }));
    return { ...none, error };
  }
  const { tokenizer, file, column, template, truncation, specialTokens } = asked;
  const input = {
    id: datasetId,
    tokenizer: tokenizer.trim(),
    column,
    template,
    truncation,
    specialTokens,
    tokenizerJson: file instanceof File && file.size > 0 ? await file.text() : undefined,
    maxLength: Number(asked.maxLength ?? 512),
    padding: asked.padding ? ('max_length' as const) : ('none' as const),
  };
  if (asked.intent === 'preview') {
    const { index } = asked;
    const { result, error } = await act(() => tokenization.preview({ ...input, index }));
    return { preview: result ? { ...result, index, maxLength: input.maxLength } : null, error };
  }
  const { error } = await act(() => tokenization.create(input));
  return { ...none, error };
}

export default function Tokenization() {
  const t = useTranslations('tokens');
  const rows = useTranslations('rows');
  const { id, tokenizations, columns, hasRows } = useLoaderData<typeof loader>();
  const dataset = useRouteLoaderData<typeof datasetLoader>('routes/datasets.$id');
  const canEdit = dataset?.actions.includes('edit') ?? false;
  if (!hasRows) return <p className="text-sm text-dim">{rows('noneHint')}</p>;
  return (
    <div className="space-y-6">
      {tokenizations.map((item) => (
        <Made key={item.id} item={item} datasetId={id} canEdit={canEdit} />
      ))}
      {tokenizations.length === 0 ? (
        <p className="text-sm text-dim">
          {t('none')}. {t('noneHint')}
        </p>
      ) : null}
      {canEdit ? (
        <NewTokenization columns={columns.map(({ name, type }) => ({ name, isText: type === 'string' }))} />
      ) : null}
    </div>
  );
}

function Made({ item, datasetId, canEdit }: { item: TokenizationView; datasetId: string; canEdit: boolean }) {
  const t = useTranslations('tokens');
  const format = useFormat();
  const submit = useSubmit();
  const { statistics, state, path, jobId } = item;
  if (state === 'queued' || state === 'running') {
    return (
      <JobPanel
        key={jobId}
        jobId={jobId}
        title={item.tokenizer}
        onCancel={canEdit ? () => submit({ intent: 'cancel', jobId }, { method: 'post' }) : undefined}
      />
    );
  }
  return (
    <Card>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <h2 translate="no" className="min-w-0 flex-1 font-semibold break-all">
          {item.tokenizer}
        </h2>
        <StatusBadge status={state} />
        {canEdit ? (
          <Confirm
            title={t('removeTitle')}
            action={t('remove')}
            trigger={<Button variant="secondary">{t('remove')}</Button>}
            onConfirm={() => submit({ intent: 'remove', tokenizationId: item.id }, { method: 'post' })}
          >
            {t('removeHint', { path })}
          </Confirm>
        ) : null}
      </div>
      {item.error ? <ServerError error={item.error} /> : null}
      {statistics ? (
        <div className="grid gap-6 md:grid-cols-2">
          <Facts
            facts={[
              [t('sequences'), format.count(statistics.numSequences)],
              [t('tokens'), format.count(statistics.numTokens)],
              [t('average'), format.count(Math.round(statistics.avgSeqLength * 10) / 10)],
              [t('longest'), format.count(statistics.maxSeqLength)],
              [t('truncated'), `${Math.round(statistics.truncatedShare * 1000) / 10} %`],
              [t('vocabulary'), format.count(statistics.vocabSize)],
              [
                t('shards'),
                <Link
                  key="shards"
                  to={`/datasets/${datasetId}/files?prefix=${encodeURIComponent(path)}`}
                  translate="no"
                  className="text-accent hover:underline"
                >
                  {path}
                </Link>,
              ],
            ]}
          />
          <div>
            <p className="mb-2 text-xs text-dim">{t('lengths')}</p>
            <Histogram bins={statistics.lengthHistogram} label={t('lengths')} />
          </div>
        </div>
      ) : null}
    </Card>
  );
}

function NewTokenization({ columns }: { columns: { name: string; isText: boolean }[] }) {
  const t = useTranslations('tokens');
  const texts = useServerTexts();
  const fetcher = useFetcher<typeof action>();
  const [tokenizer, setTokenizer] = useState('');
  const { data: answer, state } = fetcher;
  const issueOf = (path: string) => texts.field(answer?.error?.issues, path);
  const example = columns
    .slice(0, 2)
    .map(({ name }) => `{${name}}`)
    .join('\\n');
  const firstText = columns.find(({ isText }) => isText)?.name;
  return (
    <Card title={t('new')}>
      <fetcher.Form method="post" encType="multipart/form-data" className="space-y-5">
        <div className="grid gap-5 sm:grid-cols-2">
          <Field
            label={t('tokenizer')}
            name="tokenizer"
            required
            autoComplete="off"
            value={tokenizer}
            onChange={(event) => setTokenizer(event.target.value)}
            hint={t('tokenizerHint')}
            error={issueOf('tokenizer')}
          />
          <Field
            label={t('file')}
            name="file"
            type="file"
            accept=".json,application/json"
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              if (file && tokenizer === '') setTokenizer(file.name.replace(/\.json$/i, '').replace(/[^\w.-]/g, '-'));
            }}
            error={issueOf('tokenizerJson')}
          />
          <SelectField label={t('column')} name="column" defaultValue={firstText}>
            {columns.map(({ name }) => (
              <option key={name} translate="no">
                {name}
              </option>
            ))}
          </SelectField>
          <Field
            label={t('template')}
            name="template"
            autoComplete="off"
            hint={t('templateHint', { example })}
            error={issueOf('template')}
          />
          <Field
            label={t('maxLength')}
            name="maxLength"
            type="number"
            min={1}
            max={8192}
            defaultValue={512}
            error={issueOf('maxLength')}
          />
          <Field label={t('row')} name="index" type="number" min={0} defaultValue={0} />
        </div>
        <div className="flex flex-wrap gap-x-6 gap-y-2 text-sm">
          <Check name="truncation" label={t('truncation')} isOn />
          <Check name="padding" label={t('padding')} />
          <Check name="specialTokens" label={t('specialTokens')} isOn />
        </div>
        {answer?.error && !answer.error.issues ? <ServerError error={answer.error} /> : null}
        <div className="flex flex-wrap gap-3">
          <Button type="submit" name="intent" value="preview" variant="secondary" disabled={state !== 'idle'}>
            {t('preview')}
          </Button>
          <Button type="submit" name="intent" value="create" disabled={state !== 'idle'}>
            {t('start')}
          </Button>
        </div>
        {answer?.preview ? <Tokens preview={answer.preview} /> : null}
      </fetcher.Form>
    </Card>
  );
}

function Check({ name, label, isOn = false }: { name: string; label: string; isOn?: boolean }) {
  return (
    <label className="flex items-center gap-2">
      <input type="checkbox" name={name} defaultChecked={isOn} /> {label}
    </label>
  );
}

const COLORS = ['bg-chart-1/25', 'bg-good/25', 'bg-chart-3/25', 'bg-chart-4/25', 'bg-chart-5/25'];

/** A text in its tokens, each with a colour other than its neighbours'. */
function Tokens({ preview }: { preview: TokenPreviewView & { index: number; maxLength: number } }) {
  const t = useTranslations('tokens');
  return (
    <div aria-live="polite">
      <p className="mb-2 text-sm">{t('previewOf', { index: preview.index, count: preview.numTokens })}</p>
      {preview.isTruncated ? <p className="mb-2 text-sm text-warn">{t('cut', { count: preview.maxLength })}</p> : null}
      <p
        translate="no"
        className="max-h-96 overflow-y-auto rounded-md bg-canvas p-3 font-mono text-sm leading-7 break-words whitespace-pre-wrap"
      >
        {keyed(preview.tokens, ({ id }) => String(id)).map(({ key, item: token }, at) => (
          <span
            key={key}
            title={`${token.id} ${token.token}`}
            className={`rounded px-px ${token.isSpecial ? 'border border-line text-dim' : COLORS[at % COLORS.length]}`}
          >
            {token.text === '' ? token.token : token.text}
          </span>
        ))}
      </p>
    </div>
  );
}
