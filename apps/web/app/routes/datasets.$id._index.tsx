import type { DatasetView, ImportView } from '@granary/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Form, Link, useLoaderData, useRevalidator, useSubmit } from '@remix-run/react';
import { useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { AddData } from '~/components/add-data';
import { CopyButton } from '~/components/copy-button';
import { DropZone } from '~/components/drop-zone';
import { ForkedFrom } from '~/components/forked-from';
import { HubSource } from '~/components/hub-source';
import { ImageTile } from '~/components/image-tile';
import { JobList } from '~/components/job-list';
import { JobPanel } from '~/components/job-panel';
import { LicenseAndCitation } from '~/components/license-and-citation';
import { Markdown } from '~/components/markdown';
import { RowTable } from '~/components/rows/table';
import { useMediaOf } from '~/components/rows/use-media-of';
import { ClassHistogram, ImageSizes, RowBars, SplitBars, Storage } from '~/components/statistics';
import { Button, Card, Field, FormError } from '~/components/ui';
import { UploadPanel } from '~/components/upload-panel';
import { intentOf, optional, parseForm } from '~/form.server';
import { isOfTexts, useFormat, useImportTitle, useNames } from '~/format';
import { useServerTexts } from '~/server-texts';
import { uploads } from '~/upload/manager';
import { useUpload } from '~/upload/use-upload';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  return load(request, context, async (api) => {
    const only = await api.datasets.get({ id });
    if (only.onlyVersion !== null) throw redirect(`/datasets/${id}/versions/v${only.onlyVersion}`);
    const [dataset, statistics, imports, images, samples, since, jobs] = await Promise.all([
      only,
      api.datasets.statistics({ id }),
      api.imports.list({ id, limit: 20 }),
      api.images.list({ id, limit: 8, withAnnotations: 'true' }),
      api.tables.samples({ id, limit: 5, maxCell: 300 }),
      api.versions.sinceLast({ id }),
      (await context.isAnonymous()) ? null : api.jobs.list({ datasetId: id, limit: 5 }),
    ]);
    const pending = dataset.actions.includes('edit') ? (await api.uploads.list({ id })).items : [];
    return {
      dataset,
      statistics,
      imports: imports.items,
      images: images.items,
      samples,
      since,
      jobs: jobs?.items ?? null,
      uploads: pending,
    };
  });
}

const form = z.discriminatedUnion('intent', [intentOf('cancel', {}), intentOf('retry', { accessToken: optional })]);

export async function action({ request, context, params }: ActionFunctionArgs) {
  const asked = await parseForm(request, form);
  const id = params.id ?? '';
  const { error } = await act(async () => {
    if (asked.intent === 'cancel') await context.api.datasets.cancel({ id });
    else await context.api.datasets.retry({ id, accessToken: asked.accessToken });
  });
  return error;
}

export default function Overview() {
  const t = useTranslations('dataset');
  const { dataset, statistics, imports, images, samples, jobs, uploads: pending } = useLoaderData<typeof loader>();
  const unfinished = pending.filter((upload) => upload.state === 'uploading');
  const active =
    imports.find((item) => item.state === 'running') ?? imports.findLast((item) => item.state === 'queued');
  const [latest] = imports;
  const reported = imports.find((item) => item.report);
  const canEdit = dataset.actions.includes('edit');
  const canRetry = canEdit && (latest?.uploadIds.every((id) => pending.some((upload) => upload.id === id)) ?? false);
  return (
    <div className="space-y-6">
      {!active && latest?.state === 'failed' ? (
        <Failure latest={latest} datasetId={dataset.id} canRetry={canRetry} />
      ) : null}
      <Progress dataset={dataset} canEdit={canEdit} active={active} unfinished={unfinished} />
      {dataset.numFiles > 0 ? (
        <>
          <Summary dataset={dataset} reported={reported} />
          {dataset.description ? (
            <Card title={t('about')}>
              <Markdown>{dataset.description}</Markdown>
            </Card>
          ) : null}
          {images.length > 0 ? (
            <section>
              <div className="mb-3 flex items-baseline justify-between">
                <h2 className="text-sm font-semibold text-soft">{t('images')}</h2>
                <Link to="images" className="text-sm text-accent hover:underline">
                  {t('allImages', { count: dataset.numImages })}
                </Link>
              </div>
              <ul className="grid grid-cols-2 gap-3 md:grid-cols-4">
                {images.map((image) => (
                  <li key={image.id}>
                    <ImageTile datasetId={dataset.id} image={image} />
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
          {samples.items.length > 0 ? <FirstRows dataset={dataset} samples={samples} /> : null}
          <div className="grid items-start gap-6 lg:grid-cols-2">
            <ClassHistogram classes={statistics.classes} />
            <div className="space-y-6">
              {isOfTexts(dataset) ? (
                <RowBars dataset={dataset} />
              ) : (
                <SplitBars dataset={dataset} statistics={statistics} />
              )}
              <Storage statistics={statistics} />
              <ImageSizes statistics={statistics} />
            </div>
          </div>
          {jobs ? (
            <Card title={t('recentActivity')}>
              <JobList jobs={jobs} />
              <Link to="activity" className="mt-3 inline-block text-sm text-accent hover:underline">
                {t('allActivity')}
              </Link>
            </Card>
          ) : null}
        </>
      ) : null}
    </div>
  );
}

function Progress({
  dataset,
  canEdit,
  active,
  unfinished,
}: {
  dataset: DatasetView;
  canEdit: boolean;
  active: ImportView | undefined;
  unfinished: { filename: string; offsetBytes: number; sizeBytes: number | null }[];
}) {
  const t = useTranslations('dataset');
  const amounts = useTranslations('amounts');
  const format = useFormat();
  const importTitle = useImportTitle();
  const upload = useUpload(dataset.id);
  const submit = useSubmit();
  const { revalidate } = useRevalidator();
  const isDone = upload?.phase === 'done';
  useEffect(() => {
    if (!isDone) return;
    uploads.forget(dataset.id);
    revalidate();
  }, [isDone, dataset.id, revalidate]);

  if (active) {
    return (
      <JobPanel
        key={active.jobId}
        jobId={active.jobId}
        title={importTitle(active)}
        onCancel={canEdit ? () => submit({ intent: 'cancel' }, { method: 'post' }) : undefined}
      />
    );
  }
  if (!canEdit) return null;
  const [open] = unfinished;
  const isIdle = !upload || upload.phase === 'failed' || upload.phase === 'done';
  return (
    <div className="space-y-4">
      {upload ? <UploadPanel datasetId={dataset.id} upload={upload} /> : null}
      {isIdle && open ? (
        <p role="status" className="rounded-md border border-note/30 bg-note/10 px-4 py-3 text-sm text-ink">
          {t.rich('unfinished', {
            b: (text) => <strong>{text}</strong>,
            file: open.filename,
            progress:
              open.sizeBytes === null
                ? format.bytes(open.offsetBytes)
                : amounts('ofTotal', { done: format.bytes(open.offsetBytes), total: format.bytes(open.sizeBytes) }),
          })}
        </p>
      ) : null}
      {isIdle && dataset.numFiles === 0 ? <DropZone onPick={(files) => uploads.start(dataset.id, files)} /> : null}
      {isIdle && dataset.numFiles > 0 ? (
        <details className="rounded-xl border border-line bg-surface">
          <summary className="cursor-pointer px-5 py-3 text-sm font-medium text-soft">{t('addData')}</summary>
          <div className="p-5 pt-1">
            <AddData dataset={dataset} />
          </div>
        </details>
      ) : null}
    </div>
  );
}

function Failure({ latest, datasetId, canRetry }: { latest: ImportView; datasetId: string; canRetry: boolean }) {
  const t = useTranslations('dataset');
  const actions = useTranslations('actions');
  const hub = useTranslations('hub');
  const importTitle = useImportTitle();
  const texts = useServerTexts();
  return (
    <Card>
      <FormError
        message={t('failed', {
          title: importTitle(latest),
          reason: latest.error ? texts.error(latest.error).message : t('unknownReason'),
        })}
      />
      <div className="mt-4 flex flex-wrap items-center gap-3">
        {canRetry ? (
          <Form method="post" className="flex flex-wrap items-end gap-3">
            {latest.kind === 'download' ? (
              <Field label={hub('retryToken')} name="accessToken" type="password" autoComplete="off" />
            ) : null}
            <Button type="submit" name="intent" value="retry" variant="secondary">
              {actions('tryAgain')}
            </Button>
          </Form>
        ) : null}
        <Link to={`/datasets/${datasetId}/imports/${latest.id}`} className="text-sm text-accent hover:underline">
          {t('details')}
        </Link>
      </div>
    </Card>
  );
}

function Summary({ dataset, reported }: { dataset: DatasetView; reported: ImportView | undefined }) {
  const t = useTranslations('dataset');
  const history = useTranslations('history');
  const {
    since: { version, revisions },
    dataset: { forkedFrom, actions },
  } = useLoaderData<typeof loader>();
  const format = useFormat();
  const names = useNames();
  const findings = reported?.report?.issues.filter((issue) => issue.severity !== 'info').length ?? 0;
  const facts = [
    [t('format'), names.format(dataset.format)],
    [t('task'), names.task(dataset.taskType)],
    ...(isOfTexts(dataset)
      ? ([
          [t('rows'), format.count(dataset.numSamples)],
          [t('splits'), Object.keys(dataset.splits).join(', ')],
        ] as const)
      : ([
          [t('images'), format.count(dataset.numImages)],
          [t('annotations'), format.count(dataset.numAnnotations)],
          [t('classes'), format.count(dataset.numClasses)],
        ] as const)),
    [t('size'), t('sizeInFiles', { size: format.bytes(dataset.sizeBytes), count: dataset.numFiles })],
    [
      t('version'),
      <Link key="version" to="history" className="hover:underline">
        {version === null ? history('unnamed', { revisions }) : history('since', { revisions, version })}
      </Link>,
    ],
  ] as const;
  return (
    <Card>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-4">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt className="text-xs text-dim">{term}</dt>
            <dd className="mt-0.5 font-medium">{value}</dd>
          </div>
        ))}
      </dl>
      {forkedFrom ? <ForkedFrom forkedFrom={forkedFrom} canEdit={actions.includes('edit')} /> : null}
      {dataset.hub ? <HubSource hub={dataset.hub} /> : null}
      <LicenseAndCitation license={dataset.license} citation={dataset.citation} />
      <div className="mt-5 flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line pt-4 text-xs text-dim">
        <span className="flex min-w-0 items-center gap-1">
          <span className="whitespace-nowrap">{t('contentHash')}</span>{' '}
          <code className="truncate text-soft">{dataset.contentHash}</code>
          {dataset.contentHash ? <CopyButton text={dataset.contentHash} label={t('copyContentHash')} /> : null}
        </span>
        <span className="flex flex-wrap gap-x-6 gap-y-2">
          {dataset.numAnnotations > 0 ? (
            <Link to="annotations" className="text-accent hover:underline">
              {t('downloadAnnotations')}
            </Link>
          ) : null}
          {reported ? (
            <Link to={`imports/${reported.id}`} className="text-accent hover:underline">
              {t('reportProblems', { count: findings })}
            </Link>
          ) : null}
        </span>
      </div>
    </Card>
  );
}

/** The first rows of a dataset of texts, and the way to all of them. */
function FirstRows({
  dataset,
  samples: { columns, items, ...of },
}: {
  dataset: DatasetView;
  samples: ReturnType<typeof useLoaderData<typeof loader>>['samples'];
}) {
  const t = useTranslations('dataset');
  const mediaOf = useMediaOf(dataset.id, { ...of, hasImages: dataset.numImages > 0 });
  return (
    <section>
      <div className="mb-3 flex items-baseline justify-between">
        <h2 className="text-sm font-semibold text-soft">{t('samples')}</h2>
        <Link to="samples" className="text-sm text-accent hover:underline">
          {t('allRows', { count: dataset.numSamples })}
        </Link>
      </div>
      <RowTable columns={columns} items={items} pattern={null} at="samples" mediaOf={mediaOf} />
    </section>
  );
}
