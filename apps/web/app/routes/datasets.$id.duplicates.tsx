import type { DuplicateGroup } from '@granary/api/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import {
  Form,
  Link,
  useActionData,
  useLoaderData,
  useParams,
  useRevalidator,
  useRouteLoaderData,
  useSearchParams,
  useSubmit,
} from '@remix-run/react';
import { Copy, Trash2 } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { act, load } from '~/api.server';
import { Confirm } from '~/components/confirm';
import { ImageTile } from '~/components/image-tile';
import { Button, buttonStyle, Card, EmptyState, FormError, ProgressBar } from '~/components/ui';
import { formatCount } from '~/format';
import type { loader as datasetLoader } from '~/routes/datasets.$id';

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

/** Takes images out of the draft: a job, whose report follows. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const paths = (await request.formData()).getAll('path').map(String);
  const id = params.id ?? '';
  const { result, error } = await act(() => context.api.imports.remove({ id, paths }));
  return error ?? redirect(`/datasets/${id}/imports/${result.importId}`);
}

export default function Duplicates() {
  const { items, nextCursor, threshold, numGroups, numAcrossSplits, numCompared, numImages, isComplete } =
    useLoaderData<typeof loader>();
  const error = useActionData<typeof action>();
  const [query] = useSearchParams();
  return (
    <div className="space-y-5">
      {isComplete ? null : <Comparing done={numCompared} total={numImages} />}
      <Threshold value={threshold} />
      {error ? <FormError message={error.message} hint={error.hint} /> : null}
      {numGroups > 0 ? (
        <p className="text-sm" role="status">
          {formatCount(numGroups)} {numGroups === 1 ? 'group looks' : 'groups look'} alike
          {numAcrossSplits > 0 ? (
            <strong className="ml-2 font-medium text-amber-300">
              {formatCount(numAcrossSplits)} of them over several splits: what is tested was seen in training
            </strong>
          ) : (
            <span className="text-dim"> · none reaches over several splits</span>
          )}
        </p>
      ) : null}
      {items.length === 0 ? (
        <EmptyState
          icon={<Copy className="size-6" aria-hidden />}
          title={isComplete ? 'No images look alike' : 'Not compared yet'}
        >
          {numImages === 0
            ? 'Upload some on the Overview tab.'
            : isComplete
              ? 'With more difference allowed, there may be some.'
              : 'Images are compared after each import.'}
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
          More groups
        </Link>
      ) : null}
    </div>
  );
}

const LOOK_AGAIN_MS = 2000;

/** While images are still being looked at, the page is loaded anew. */
function Comparing({ done, total }: { done: number; total: number }) {
  const { revalidate, state } = useRevalidator();
  useEffect(() => {
    if (state !== 'idle') return;
    const timer = setTimeout(revalidate, LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state, revalidate]);
  return (
    <Card>
      <p className="mb-3 text-sm" role="status">
        {formatCount(done)} of {formatCount(total)} images have been compared; the groups follow when all are.
      </p>
      <ProgressBar value={(100 * done) / total} label="Comparing images" />
    </Card>
  );
}

function Threshold({ value }: { value: number }) {
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
        Difference allowed
      </label>
      <span className="text-dim">the same look</span>
      <input
        id="threshold"
        name="threshold"
        type="range"
        min={0}
        max={MAX_THRESHOLD}
        defaultValue={value}
        aria-valuetext={`${value} of 64 bits`}
        className="w-48 accent-emerald-400"
      />
      <span className="text-dim">similar</span>
      <output htmlFor="threshold" className="tabular-nums">
        {value} of 64 bits
      </output>
      <noscript>
        <button type="submit" className={buttonStyle.secondary}>
          Show
        </button>
      </noscript>
    </Form>
  );
}

function Group({ group }: { group: DuplicateGroup }) {
  const { id = '' } = useParams();
  const { numImages, splits, images } = group;
  const numContents = new Set(images.map(({ sha256 }) => sha256)).size;
  return (
    <Card>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3 text-sm">
        <p>
          <strong className="font-medium">{formatCount(numImages)} images</strong>
          {splits.length > 1 ? (
            <span className="ml-2 rounded-full bg-amber-400/15 px-2 py-0.5 text-xs text-amber-300">
              {splits.join(' + ')}
            </span>
          ) : null}
          <span className="ml-2 text-dim">
            {numContents === 1 ? 'the same file, byte by byte' : `${formatCount(numContents)} different files`}
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
        <p className="mt-2 text-xs text-dim">and {formatCount(numImages - images.length)} more</p>
      ) : null}
    </Card>
  );
}

/** For who may change the dataset. */
function RemoveOthers({ group: { images } }: { group: DuplicateGroup }) {
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
      title={`Remove ${others.length === 1 ? 'one image' : `${others.length} images`}?`}
      action="Remove"
      onConfirm={remove}
      trigger={
        <Button variant="secondary">
          <Trash2 className="size-4" aria-hidden /> Keep the first only
        </Button>
      }
    >
      <code>{kept.path}</code> stays. From the draft go: {others.map(({ path }) => path).join(', ')}.
    </Confirm>
  );
}
