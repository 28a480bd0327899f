import type { ImportView } from '@granary/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Form, Link, useActionData, useLoaderData, useNavigation, useSubmit } from '@remix-run/react';
import { Download, Undo2, Wrench } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Detection, FindingsCard, Lossless, RepairPreview } from '~/components/findings';
import { JobPanel } from '~/components/job-panel';
import { Button, buttonStyle, Card, ServerError, StatusBadge } from '~/components/ui';
import { id, intentOf, parseForm } from '~/form.server';
import { useFormat, useImportTitle } from '~/format';
import { useServerTexts } from '~/server-texts';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  return load(request, context, async (api) => {
    const [item, dataset, imports] = await Promise.all([
      api.imports.get({ id, importId: params.importId ?? '' }),
      api.datasets.get({ id }),
      api.imports.list({ id, limit: 20 }),
    ]);
    const newest = imports.items.find(({ state }) => state === 'completed');
    const isBusy = imports.items.some(({ state }) => state === 'queued' || state === 'running');
    const canEdit = dataset.actions.includes('edit');
    return { item, canEdit, canRepair: canEdit && !isBusy && newest?.id === item.id };
  });
}

const form = z.discriminatedUnion('intent', [
  intentOf('cancel', {}),
  intentOf('undo', { revision: z.coerce.number() }),
  intentOf('repair', { code: id }),
]);

/** Repairs, or the end of the job that makes them. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const asked = await parseForm(request, form);
  const id = params.id ?? '';
  const importId = params.importId ?? '';
  if (asked.intent === 'cancel') return (await act(() => context.api.datasets.cancel({ id }))).error;
  if (asked.intent === 'undo') {
    const { revision } = asked;
    const { result, error } = await act(() => context.api.versions.undo({ id, revision }));
    return error ?? redirect(`/datasets/${id}/imports/${result.importId}`);
  }
  const { code } = asked;
  const codes = code === 'safe' ? 'safe' : code === 'none' ? [] : [code];
  // The procedure's own schema says which codes there are.
  const input = { id, importId, codes } as Parameters<typeof context.api.imports.repair>[0];
  const { result, error } = await act(() => context.api.imports.repair(input));
  return error ?? redirect(`/datasets/${id}/imports/${result.importId}`);
}

export default function ImportReport() {
  const t = useTranslations('imports');
  const importTitle = useImportTitle();
  const { item, canEdit, canRepair } = useLoaderData<typeof loader>();
  const error = useActionData<typeof action>();
  const submit = useSubmit();
  const isActive = item.state === 'queued' || item.state === 'running';
  return (
    <div className="space-y-5">
      <Link to=".." relative="path" className="inline-block text-sm text-dim hover:text-ink">
        {t('all')}
      </Link>
      {isActive ? (
        <JobPanel
          key={item.jobId}
          jobId={item.jobId}
          title={importTitle(item)}
          onCancel={canEdit ? () => submit({ intent: 'cancel' }, { method: 'post' }) : undefined}
        />
      ) : (
        <Result item={item} canEdit={canEdit} />
      )}
      {error ? <ServerError error={error} /> : null}
      <Repairs item={item} canRepair={canRepair} />
      {item.report ? <FindingsCard issues={item.report.issues} datasetId={item.datasetId} /> : null}
      {item.analysis && item.analysis.candidates.length > 0 ? (
        <Card title={t('formats')}>
          <Detection analysis={item.analysis} />
        </Card>
      ) : null}
    </div>
  );
}

function Result({ item, canEdit }: { item: ImportView; canEdit: boolean }) {
  const t = useTranslations('imports');
  const format = useFormat();
  const importTitle = useImportTitle();
  const { id, datasetId, counts, report } = item;
  return (
    <Card>
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="min-w-0 text-lg font-semibold break-words">{importTitle(item)}</h2>
        <StatusBadge status={item.state} />
      </div>
      {counts ? (
        <p className="mt-2 text-sm text-dim">
          {[
            ...(counts.files > 0
              ? [t('numFiles', { count: counts.files }), t('numImages', { count: counts.images })]
              : []),
            t('numAnnotations', { count: counts.annotations }),
            ...(counts.files > 0 ? [format.bytes(counts.bytes)] : []),
          ].join(' · ')}
        </p>
      ) : null}
      {item.reverted && item.reverted.conflicts.length > 0 ? (
        <div className="mt-4 text-sm">
          <p>{t('conflicts', { count: item.reverted.conflicts.length })}</p>
          <ul className="mt-2 max-h-60 overflow-auto font-mono text-xs text-dim">
            {item.reverted.conflicts.map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
        </div>
      ) : null}
      {item.revision !== null && canEdit ? (
        <Form method="post" className="mt-4 flex flex-wrap items-center gap-3 text-sm">
          <input type="hidden" name="intent" value="undo" />
          <input type="hidden" name="revision" value={item.revision} />
          <Button type="submit" variant="secondary">
            <Undo2 className="size-4" aria-hidden /> {t('undo')}
          </Button>
          <span className="text-dim">{t('undoHint')}</span>
        </Form>
      ) : null}
      {item.error ? (
        <div className="mt-4">
          <ServerError error={item.error} />
        </div>
      ) : null}
      {report ? (
        <div className="mt-4 space-y-4">
          <Lossless report={report} />
          <div className="flex flex-wrap gap-2">
            <a
              href={`/api/v1/datasets/${datasetId}/imports/${id}`}
              download={`import-${id}.json`}
              className={buttonStyle.secondary}
            >
              <Download className="size-4" aria-hidden /> {t('asJson')}
            </a>
            <Link to={`/datasets/${datasetId}/annotations`} className={buttonStyle.secondary}>
              <Download className="size-4" aria-hidden /> {t('annotations')}
            </Link>
          </div>
        </div>
      ) : null}
    </Card>
  );
}

function Repairs({ item, canRepair }: { item: ImportView; canRepair: boolean }) {
  const t = useTranslations('imports');
  const texts = useServerTexts();
  const isIdle = useNavigation().state === 'idle';
  const proposed = item.report?.repairs ?? [];
  const applied = item.state === 'completed' ? (item.options.repairs ?? []) : [];
  const safe = proposed.filter((repair) => repair.safe);
  // One button is enough for one repair.
  const isOnlySafe = proposed.length === 1 && safe.length === 1;
  if (proposed.length === 0 && applied.length === 0) return null;
  return (
    <Card title={t('repairs')}>
      {proposed.length > 0 ? (
        <ul className="space-y-4">
          {proposed.map((repair) => (
            <li key={repair.code} className="flex flex-wrap items-start gap-x-4 gap-y-2">
              <div className="min-w-0 flex-1 basis-72">
                <p className="text-sm">
                  {texts.repair(repair, repair.affects)}
                  {repair.safe ? null : <span className="ml-2 text-xs text-warn">{t('lookFirst')}</span>}
                </p>
                <RepairPreview repair={repair} />
              </div>
              {canRepair && !isOnlySafe ? (
                <Apply code={repair.code} isIdle={isIdle} label={t('applyOne', { code: repair.code })}>
                  {t('apply')}
                </Apply>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
      {applied.length > 0 ? (
        <p className="mt-4 text-sm text-dim">
          {t('applied', { repairs: applied.map((code) => code.replaceAll('_', ' ')).join(', ') })}
        </p>
      ) : null}
      {canRepair ? (
        <div className="mt-5 flex flex-wrap gap-2 border-t border-line pt-4">
          {safe.length > 0 ? (
            <Apply code="safe" isIdle={isIdle} variant="primary">
              <Wrench className="size-4" aria-hidden />
              {t('applySafe', { count: safe.length })}
            </Apply>
          ) : null}
          {applied.length > 0 ? (
            <Apply code="none" isIdle={isIdle}>
              <Undo2 className="size-4" aria-hidden />
              {t('takeBack')}
            </Apply>
          ) : null}
        </div>
      ) : (
        <p className="mt-4 text-sm text-dim">{t('whoMayRepair')}</p>
      )}
    </Card>
  );
}

function Apply({
  code,
  isIdle,
  label,
  variant = 'secondary',
  children,
}: {
  code: string;
  isIdle: boolean;
  label?: string;
  variant?: keyof typeof buttonStyle;
  children: React.ReactNode;
}) {
  return (
    <Form method="post">
      <input type="hidden" name="intent" value="repair" />
      <Button type="submit" name="code" value={code} variant={variant} disabled={!isIdle} aria-label={label}>
        {children}
      </Button>
    </Form>
  );
}
