import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Form, Link, useActionData, useLoaderData } from '@remix-run/react';
import { GitFork, Tag } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Ago } from '~/components/ago';
import { CopyButton } from '~/components/copy-button';
import { ImageTile } from '~/components/image-tile';
import { ClassHistogram } from '~/components/statistics';
import { Button, buttonStyle, Card, Facts, ServerError } from '~/components/ui';
import { intentOf, parseForm, text } from '~/form.server';
import { useFormat, useNames } from '~/format';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const [id, ref] = [params.id ?? '', params.ref ?? ''];
  const { origin } = new URL(request.url);
  return load(request, context, async (api) => {
    const [dataset, version] = await Promise.all([api.datasets.get({ id }), api.versions.get({ id, ref })]);
    const at = `v${version.version}`;
    const [statistics, images, impact] = await Promise.all([
      api.datasets.statistics({ id, version: at }),
      api.images.list({ id, version: at, limit: 8, withAnnotations: 'true' }),
      dataset.actions.includes('manage') ? api.versions.impact({ id, ref: at }) : null,
    ]);
    return { dataset, version, statistics, images: images.items, impact, origin };
  });
}

const form = z.discriminatedUnion('intent', [intentOf('message', { message: text }), intentOf('delete', {})]);

export async function action({ request, context, params }: ActionFunctionArgs) {
  const asked = await parseForm(request, form);
  const [id, ref] = [params.id ?? '', params.ref ?? ''];
  if (asked.intent === 'message')
    return (await act(() => context.api.versions.update({ id, ref, message: asked.message }))).error;
  const { error } = await act(() => context.api.versions.delete({ id, ref }));
  return error ?? redirect(`/datasets/${id}/history`);
}

/** One version: what it holds, how it is checked, and what can be done with it. */
export default function Version() {
  const t = useTranslations('history');
  const format = useFormat();
  const names = useNames();
  const { dataset, version: row, statistics, images, origin } = useLoaderData<typeof loader>();
  const error = useActionData<typeof action>();
  const { id, actions } = dataset;
  const canEdit = actions.includes('edit');
  const isAll = dataset.onlyVersion === null;
  const ref = `v${row.version}`;
  const manifest = `/api/v1/datasets/${id}/manifest?${new URLSearchParams({ version: ref, format: 'sha256sum' })}`;
  const command = `curl -H "Authorization: Bearer $KEY" "${origin}${manifest}" | sha256sum`;
  const look = row.numImages > 0 ? 'images' : row.numSamples > 0 ? 'samples' : 'files';
  return (
    <div className="space-y-6">
      {error ? <ServerError error={error} /> : null}
      <Card>
        <div className="flex flex-wrap items-start justify-between gap-4">
          <div className="min-w-0 flex-[1_1_18rem]">
            <h2 className="flex flex-wrap items-center gap-2 text-lg font-semibold">
              {t('title', { version: row.version })}
              {row.tags.map((tag) => (
                <span
                  key={tag}
                  className="flex items-center gap-1 rounded-full bg-raised px-2 py-0.5 text-xs font-normal"
                >
                  <Tag className="size-3" aria-hidden /> {tag}
                </span>
              ))}
            </h2>
            {row.message ? <p className="mt-1 break-words">{row.message}</p> : null}
            <p className="mt-1 text-sm text-dim">
              {row.createdByName === null ? '' : `${t('by', { name: row.createdByName })} · `}
              <Ago at={row.createdAt} />
            </p>
          </div>
          <div className="flex flex-wrap gap-2">
            <Link to={`/datasets/${id}/${look}?version=${ref}`} className={buttonStyle.primary}>
              {t('look')}
            </Link>
            {isAll ? (
              <>
                <Link
                  to={`/datasets/${id}/compare?${new URLSearchParams({ from: ref, to: 'draft' })}`}
                  className={buttonStyle.secondary}
                >
                  {t('compare')}
                </Link>
                <Link to={`/datasets/${id}/fork?version=${ref}`} className={buttonStyle.secondary}>
                  <GitFork className="size-4" aria-hidden /> {t('forkHere')}
                </Link>
              </>
            ) : null}
            {canEdit ? (
              <Form method="post" action={`/datasets/${id}/history`}>
                <input type="hidden" name="to" value={ref} />
                <Button type="submit" name="intent" value="rollback" variant="secondary" title={t('rollbackHint')}>
                  {t('rollback')}
                </Button>
              </Form>
            ) : null}
          </div>
        </div>
        <dl className="mt-5 grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-4">
          {[
            ...(row.numSamples > 0
              ? [[t('rowsIn'), format.count(row.numSamples)]]
              : [
                  [t('images'), format.count(row.numImages)],
                  [t('annotationsIn'), format.count(row.numAnnotations)],
                  [t('classesIn'), format.count(row.numClasses)],
                ]),
            [t('size'), t('sizeInFiles', { size: format.bytes(row.sizeBytes), count: row.numFiles })],
          ].map(([term, value]) => (
            <div key={term}>
              <dt className="text-xs text-dim">{term}</dt>
              <dd className="mt-0.5 font-medium">{value}</dd>
            </div>
          ))}
        </dl>
        {Object.keys(row.splits).length > 0 ? (
          <p className="mt-4 text-sm text-dim">
            {Object.entries(row.splits)
              .map(([split, count]) => `${split} ${format.count(count)}`)
              .join(' · ')}
            {row.format ? ` · ${names.format(row.format)}` : ''}
          </p>
        ) : null}
        {isAll && row.version > 1 ? (
          <Link
            to={`/datasets/${id}/compare?${new URLSearchParams({ from: `v${row.version - 1}`, to: ref })}`}
            className="mt-3 inline-block text-sm text-accent hover:underline"
          >
            {t('previous', { version: row.version - 1 })}
          </Link>
        ) : null}
      </Card>
      {images.length > 0 ? (
        <ul className="grid grid-cols-2 gap-3 md:grid-cols-4">
          {images.map((image) => (
            <li key={image.id}>
              <ImageTile datasetId={id} image={image} version={ref} />
            </li>
          ))}
        </ul>
      ) : null}
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <ClassHistogram classes={statistics.classes} />
        <div className="space-y-6">
          <Card title={t('check')}>
            <Facts facts={[[t('contentHash'), row.contentHash]]} />
            <p className="mt-4 text-sm text-dim">{t('checkHint')}</p>
            <div className="mt-2 flex items-center gap-2 rounded-md bg-canvas p-3">
              <code className="min-w-0 flex-1 overflow-x-auto text-xs whitespace-pre">{command}</code>
              <CopyButton text={command} label={t('copyCommand')} />
            </div>
            <a href={manifest} className="mt-3 inline-block text-sm text-accent hover:underline">
              {t('manifest')}
            </a>
          </Card>
          {actions.includes('manage') ? <Deletion /> : null}
        </div>
      </div>
    </div>
  );
}

/** What goes with it is said before it can be deleted; what uses it forbids that. */
function Deletion() {
  const t = useTranslations('history');
  const format = useFormat();
  const { impact } = useLoaderData<typeof loader>();
  if (!impact) return null;
  const { objects, storageBytes, usages } = impact;
  return (
    <details className="rounded-xl border border-line bg-surface">
      <summary className="cursor-pointer px-5 py-3 text-sm font-medium text-soft">{t('delete')}</summary>
      <div className="space-y-3 px-5 pb-5 text-sm">
        <p className="text-dim">{t('deleteHint', { objects, size: format.bytes(storageBytes) })}</p>
        {usages.map((usage) => (
          <p key={usage.id} className="text-warn">
            {t('usedBy', { service: usage.service, externalId: usage.externalId })}
          </p>
        ))}
        <Form method="post">
          <Button type="submit" name="intent" value="delete" variant="danger" disabled={usages.length > 0}>
            {t('delete')}
          </Button>
        </Form>
      </div>
    </details>
  );
}
