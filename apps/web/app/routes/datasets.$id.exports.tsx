import { exportFormatsOf, hasRows } from '@granary/core/exports/formats';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { CheckCircle2, Download, Package } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { CopyButton } from '~/components/copy-button';
import { ExportChoices } from '~/components/exports/choices';
import { ExportList } from '~/components/exports/list';
import { snippetsOf } from '~/components/exports/snippets';
import { treeOf } from '~/components/exports/trees';
import { JobPanel } from '~/components/job-panel';
import { Losses } from '~/components/losses';
import { Button, Card, EmptyState, ServerError } from '~/components/ui';
import { id as given, intentOf, many, optional, parseForm, text } from '~/form.server';
import { inOrderOfSplits, useNames } from '~/format';
import { useServerTexts } from '~/server-texts';
import { useRoot } from '~/use-root';
import { versionOf } from '~/version';

/** What a format cannot hold is told before anything is made. */
export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const { origin, searchParams } = new URL(request.url);
  const version = versionOf(request);
  return load(request, context, async (api) => {
    const dataset = await api.datasets.get({ id });
    const formats = exportFormatsOf(dataset);
    const format = formats.find((name) => name === searchParams.get('format')) ?? 'original';
    const splits = searchParams.getAll('splits').filter((name) => Object.hasOwn(dataset.splits, name));
    const q = searchParams.get('q') ?? '';
    const asked = { id, format, ...(version ? { version } : {}), ...(q ? { q } : {}) };
    const losing =
      dataset.numFiles === 0
        ? { result: { losses: [] }, error: null }
        : await act(() => api.exports.losses({ ...asked, splits: splits.join(',') }));
    return {
      id,
      origin,
      name: dataset.name,
      isEmpty: dataset.numFiles === 0,
      hasRows: hasRows(dataset),
      choices: {
        formats,
        own: dataset.format,
        splitNames: inOrderOfSplits(dataset.splits).map(([split]) => split),
        format,
        splits,
        q,
        images: searchParams.get('images') !== 'false',
        container: searchParams.get('container') === 'tar' ? ('tar' as const) : ('zip' as const),
        version,
      },
      losses: losing.result?.losses ?? [],
      error: losing.error,
      exports: (await api.exports.list({ id, limit: 50 })).items,
    };
  });
}

const form = z.discriminatedUnion('intent', [
  intentOf('create', {
    format: given,
    version: optional,
    splits: many,
    q: optional,
    images: text,
    container: z.enum(['zip', 'tar']),
  }),
  intentOf('delete', { exportId: given }),
]);

export async function action({ request, context, params }: ActionFunctionArgs) {
  const asked = await parseForm(request, form);
  if (asked.intent === 'delete') return (await act(() => context.api.exports.delete({ id: asked.exportId }))).error;
  const { version, q, splits, container, images } = asked;
  const { error } = await act(() =>
    context.api.exports.create({
      id: params.id ?? '',
      format: asked.format as 'coco',
      container,
      images: images !== 'false',
      ...(version ? { version } : {}),
      ...(q ? { q } : {}),
      ...(splits.length > 0 ? { splits } : {}),
    }),
  );
  return error;
}

/** A version as an archive of any format, and how programs get the same. */
export default function Exports() {
  const t = useTranslations('exportPage');
  const names = useNames();
  const texts = useServerTexts();
  const { id, origin, name, isEmpty, hasRows, choices, losses, error, exports } = useLoaderData<typeof loader>();
  const failed = useActionData<typeof action>();
  const isBusy = useNavigation().state !== 'idle';
  const isAnonymous = useRoot()?.isAnonymous ?? false;
  if (isEmpty) {
    return (
      <EmptyState icon={<Package className="size-6" aria-hidden />} title={t('nothing')}>
        {t('nothingHint')}
      </EmptyState>
    );
  }
  const { format, version, splits, q } = choices;
  const formatName = format === 'original' ? t('original') : names.format(format);
  const active = exports.find(({ state }) => state === 'queued' || state === 'running');
  const snippets = snippetsOf({
    ...{ origin, id, format },
    dataset: version ? `${id}@${version}` : id,
    version: version ?? 'draft',
    split: splits.length === 1 ? splits[0] : undefined,
    q: q || undefined,
  });
  return (
    <div className="grid gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <div className="space-y-5">
        <Card title={t('title', { name: version ? `${name} ${version}` : name })}>
          <ExportChoices choices={choices} error={texts.field(error?.issues, 'q')} />
          <div className="mt-5 border-t border-line pt-4" aria-live="polite" aria-busy={isBusy}>
            {losses.length === 0 ? (
              error ? null : (
                <p className="flex gap-2 text-sm">
                  <CheckCircle2 className="size-5 shrink-0 text-accent" aria-hidden />
                  {t('holdsAll', { format: formatName })}
                </p>
              )
            ) : (
              <Losses losses={losses} title={t('losesSome', { format: formatName })} />
            )}
          </div>
          {isAnonymous ? null : (
            <Form method="post" className="mt-4">
              {Object.entries({
                format,
                version: version ?? '',
                q,
                images: choices.images,
                container: choices.container,
              }).map(([field, value]) => (
                <input key={field} type="hidden" name={field} value={String(value)} />
              ))}
              {splits.map((split) => (
                <input key={split} type="hidden" name="splits" value={split} />
              ))}
              <Button type="submit" name="intent" value="create" disabled={isBusy || error !== null}>
                <Download className="size-4" aria-hidden /> {t('create')}
              </Button>
            </Form>
          )}
          {failed ? <ServerError error={failed} /> : null}
        </Card>
        {active ? <JobPanel key={active.jobId} jobId={active.jobId} title={t('making')} /> : null}
        <Card title={t('list')}>
          {exports.length === 0 ? (
            <p className="text-sm text-dim">
              {t('none')} {t('noneHint')}
            </p>
          ) : (
            <ExportList exports={exports} />
          )}
        </Card>
      </div>
      <div className="space-y-5">
        <Card title={t('result')}>
          <ul className="space-y-1 font-mono text-xs text-soft">
            {treeOf(format, hasRows).map((path) => (
              <li key={path} className="break-all">
                {path === '…' ? t('original') : path}
              </li>
            ))}
          </ul>
        </Card>
        <Card title={t('programs')}>
          <p className="-mt-2 mb-4 text-sm text-dim">{t('programsIntro')}</p>
          <ul className="space-y-4">
            {snippets.map(({ language, text }) => (
              <li key={language}>
                <p className="flex items-center justify-between text-xs text-dim">
                  {language} <CopyButton text={text} label={t('copy', { language })} />
                </p>
                <pre translate="no" className="mt-1 rounded-md bg-canvas p-3 text-xs break-all whitespace-pre-wrap">
                  {text}
                </pre>
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </div>
  );
}
