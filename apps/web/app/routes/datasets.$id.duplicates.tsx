import type { DuplicateGroup } from '@granary/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import {
  Form,
  Link,
  useActionData,
  useLoaderData,
  useParams,
  useRouteLoaderData,
  useSearchParams,
  useSubmit,
} from '@remix-run/react';
import { Copy, Trash2 } from 'lucide-react';
import { useRef } from 'react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Confirm } from '~/components/confirm';
import { ImageTile } from '~/components/image-tile';
import { Button, buttonStyle, Card, EmptyState, ProgressBar, ServerError } from '~/components/ui';
import { many, parseForm } from '~/form.server';
import type { loader as datasetLoader } from '~/routes/datasets.$id';
import { useLookAgain } from '~/use-look-again';

const DEFAULT_THRESHOLD = 4;
const MAX_THRESHOLD = 7;

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const threshold = Number(query.get('threshold') ?? DEFAULT_THRESHOLD);
  const cursor = query.get('cursor') ?? undefined;
  return load(request, context, async (api) => ({
    threshold,
    ...(await api.duplicates.list({ id: params.id ?? '', threshold, limit: 20, cursor })),
  }));
}

const form = z.object({ path: many });

/** Takes images out of the draft: a job, whose report follows. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const { path: paths } = await parseForm(request, form);
  const id = params.id ?? '';
  const { result, error } = await act(() => context.api.imports.remove({ id, paths }));
  return error ?? redirect(`/datasets/${id}/imports/${result.importId}`);
}

export default function Duplicates() {
  const t = useTranslations('duplicates');
  const images = useTranslations('images');
  const { items, nextCursor, threshold, numGroups, numAcrossSplits, numCompared, numImages, isComplete } =
    useLoaderData<typeof loader>();
  const error = useActionData<typeof action>();
  const [query] = useSearchParams();
  return (
    <div className="space-y-5">
      {isComplete ? null : <Comparing done={numCompared} total={numImages} />}
      <Threshold value={threshold} />
      {error ? <ServerError error={error} /> : null}
      {numGroups > 0 ? (
        <p className="text-sm" role="status">
          {t('groups', { count: numGroups })}
          {numAcrossSplits > 0 ? (
            <strong className="ml-2 font-medium text-warn">{t('acrossSplits', { count: numAcrossSplits })}</strong>
          ) : (
            <span className="text-dim"> {t('noneAcrossSplits')}</span>
          )}
        </p>
      ) : null}
      {items.length === 0 ? (
        <EmptyState icon={<Copy className="size-6" aria-hidden />} title={isComplete ? t('none') : t('notCompared')}>
          {numImages === 0 ? images('uploadSome') : isComplete ? t('allowMore') : t('comparedLater')}
        </EmptyState>
      ) : (
        <ul className="space-y-4">
          {items.map((group) => (
            <li key={group.position}>
              <Group group={group} />
            </li>
          ))}
        </ul>
      )}
      {nextCursor ? (
        <Link
          to={`?${new URLSearchParams({ ...Object.fromEntries(query), cursor: nextCursor })}`}
          className={buttonStyle.secondary}
        >
          {t('more')}
        </Link>
      ) : null}
    </div>
  );
}

const LOOK_AGAIN_MS = 2000;

/** While images are still being looked at, the page is loaded anew. */
function Comparing({ done, total }: { done: number; total: number }) {
  const t = useTranslations('duplicates');
  useLookAgain(LOOK_AGAIN_MS);
  return (
    <Card>
      <p className="mb-3 text-sm" role="status">
        {t('progress', { done, total })}
      </p>
      <ProgressBar value={(100 * done) / total} label={t('comparing')} />
    </Card>
  );
}

function Threshold({ value }: { value: number }) {
  const t = useTranslations('duplicates');
  const actions = useTranslations('actions');
  const submit = useSubmit();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (
    <Form
      className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm"
      onChange={(event) => {
        const form = event.currentTarget;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => submit(form, { replace: true, preventScrollReset: true }), 150);
      }}
    >
      <label htmlFor="threshold" className="font-medium">
        {t('allowed')}
      </label>
      <span className="text-dim">{t('same')}</span>
      <input
        id="threshold"
        name="threshold"
        type="range"
        min={0}
        max={MAX_THRESHOLD}
        defaultValue={value}
        aria-valuetext={t('bits', { bits: value })}
        className="w-48 accent-accent"
      />
      <span className="text-dim">{t('similar')}</span>
      <output htmlFor="threshold" className="tabular-nums">
        {t('bits', { bits: value })}
      </output>
      <noscript>
        <button type="submit" className={buttonStyle.secondary}>
          {actions('show')}
        </button>
      </noscript>
    </Form>
  );
}

function Group({ group }: { group: DuplicateGroup }) {
  const t = useTranslations('duplicates');
  const amounts = useTranslations('amounts');
  const { id = '' } = useParams();
  const { numImages, splits, images } = group;
  const numContents = new Set(images.map(({ sha256 }) => sha256)).size;
  return (
    <Card>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3 text-sm">
        <p>
          <strong className="font-medium">{t('numImages', { count: numImages })}</strong>
          {splits.length > 1 ? (
            <span className="ml-2 rounded-full bg-warn/15 px-2 py-0.5 text-xs text-warn">{splits.join(' + ')}</span>
          ) : null}
          <span className="ml-2 text-dim">
            {numContents === 1 ? t('sameFile') : t('differentFiles', { count: numContents })}
          </span>
        </p>
        <RemoveOthers group={group} />
      </div>
      <ul className="grid grid-cols-2 gap-3 sm:grid-cols-4 lg:grid-cols-6">
        {images.map((image) => (
          <li key={image.id}>
            <ImageTile datasetId={id} image={image} />
          </li>
        ))}
      </ul>
      {numImages > images.length ? (
        <p className="mt-2 text-xs text-dim">{amounts('andMore', { count: numImages - images.length })}</p>
      ) : null}
    </Card>
  );
}

/** For who may change the dataset. */
function RemoveOthers({ group: { images } }: { group: DuplicateGroup }) {
  const t = useTranslations('duplicates');
  const actions = useTranslations('actions');
  const dataset = useRouteLoaderData<typeof datasetLoader>('routes/datasets.$id');
  const submit = useSubmit();
  const [kept, ...others] = images;
  if (!dataset?.actions.includes('edit') || !kept) return null;
  const remove = () => {
    const form = new FormData();
    for (const { path } of others) form.append('path', path);
    submit(form, { method: 'post' });
  };
  return (
    <Confirm
      title={t('removeTitle', { count: others.length })}
      action={actions('remove')}
      onConfirm={remove}
      trigger={
        <Button variant="secondary">
          <Trash2 className="size-4" aria-hidden /> {t('keepFirst')}
        </Button>
      }
    >
      {t.rich('removeText', {
        code: (text) => <code>{text}</code>,
        kept: kept.path,
        others: others.map(({ path }) => path).join(', '),
      })}
    </Confirm>
  );
}
