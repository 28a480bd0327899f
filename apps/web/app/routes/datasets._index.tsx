import type { DatasetView } from '@granary/api/client';
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import {
  Form,
  Link,
  useFetcher,
  useLoaderData,
  useNavigation,
  useRevalidator,
  useSearchParams,
  useSubmit,
} from '@remix-run/react';
import { ArrowDown, ArrowUp, Database, LayoutGrid, Plus, Search, SlidersHorizontal, Table, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { act, load } from '~/api.server';
import { Ago } from '~/components/ago';
import { Button, buttonStyle, EmptyState, FormError, fieldStyle, StatusBadge } from '~/components/ui';
import { FORMAT_NAMES, formatBytes, formatCount, formatName, taskName } from '~/format';

export const meta: MetaFunction = () => [{ title: 'Datasets · Granary' }];

type Caller = Parameters<Parameters<typeof load>[2]>[0];
type ListInput = Parameters<Caller['datasets']['list']>[0];
type BulkInput = Parameters<Caller['datasets']['bulkUpdate']>[0];

const FILTERS = ['search', 'scope', 'status', 'labeled', 'source', 'taskType', 'format', 'tags', 'visibility'] as const;
const LIMIT = 50;

/** The filters of a URL; the procedure's own schema says which values there are. */
function filtersOf(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(FILTERS.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])));
}

export function loader({ request, context }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const [sort, order, cursor] = ['sort', 'order', 'cursor'].map((name) => query.get(name) || undefined);
  const input = { ...filtersOf(query), sort, order, cursor, limit: LIMIT } as ListInput;
  return load(request, context, (api) => api.datasets.list(input));
}

/** Changes what is selected: some by their ids, or all that match but some. */
export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const ids = form.getAll('id').map(String);
  const isAll = form.get('all') === 'true';
  const words = (name: string) =>
    String(form.get(name) ?? '')
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '');
  const visibility = form.get('visibility');
  const input = {
    ...(isAll ? { filter: filtersOf(new URL(request.url).searchParams), except: ids } : { ids }),
    addTags: words('addTags'),
    removeTags: words('removeTags'),
    ...(visibility ? { visibility: String(visibility) } : {}),
  } as BulkInput;
  return act(() => context.api.datasets.bulkUpdate(input));
}

export default function Datasets() {
  const { items, nextCursor } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const isCards = query.get('view') !== 'table';
  const selection = useSelection(items);
  const isFiltered = FILTERS.some((name) => query.get(name));
  useLiveStatus(items);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">Datasets</h1>
        <Link to="/datasets/new" className={buttonStyle.primary}>
          <Plus className="size-4" aria-hidden /> New dataset
        </Link>
      </div>
      <Filters />
      {items.length === 0 ? (
        <EmptyState
          icon={<Database className="size-6" aria-hidden />}
          title={isFiltered ? 'No dataset matches' : 'No datasets yet'}
        >
          {isFiltered ? (
            <Link to="/datasets" className="text-accent hover:underline">
              Clear the filters
            </Link>
          ) : (
            <Link to="/datasets/new" className="text-accent hover:underline">
              Bring your first one: drop an archive or a folder
            </Link>
          )}
        </EmptyState>
      ) : (
        <>
          <SelectionBar selection={selection} items={items} hasMore={nextCursor !== null} />
          {isCards ? (
            <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
              {items.map((dataset, index) => (
                <li key={dataset.id}>
                  <DatasetCard dataset={dataset} selection={selection} index={index} />
                </li>
              ))}
            </ul>
          ) : (
            <DatasetTable items={items} selection={selection} />
          )}
        </>
      )}
      <Pages nextCursor={nextCursor} />
    </>
  );
}

/** While something is under way, the list is looked at again every few seconds. */
function useLiveStatus(items: readonly DatasetView[]): void {
  const { revalidate, state } = useRevalidator();
  const isBusy = items.some(({ status }) => status === 'processing' || status === 'downloading');
  useEffect(() => {
    if (!isBusy || state !== 'idle') return;
    const timer = setTimeout(revalidate, 2000);
    return () => clearTimeout(timer);
  }, [isBusy, state, revalidate]);
}

interface Selection {
  /** All that match the filters, on every page, but those in `ids`. */
  isAll: boolean;
  ids: ReadonlySet<string>;
  has(id: string): boolean;
  /** With shift, all between this one and the last one that was clicked. */
  toggle(index: number, withShift: boolean): void;
  all(): void;
  clear(): void;
}

function useSelection(items: readonly DatasetView[]): Selection {
  const [isAll, setIsAll] = useState(false);
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const last = useRef(0);
  const has = (id: string) => ids.has(id) !== isAll;
  return {
    isAll,
    ids,
    has,
    toggle(index, withShift) {
      const clicked = items[index];
      if (!clicked) return;
      const isWanted = !has(clicked.id);
      const [from, to] = withShift ? [Math.min(last.current, index), Math.max(last.current, index)] : [index, index];
      last.current = index;
      const next = new Set(ids);
      for (const { id } of items.slice(from, to + 1)) {
        if (isWanted !== isAll) next.add(id);
        else next.delete(id);
      }
      setIds(next);
    },
    all() {
      setIsAll(true);
      setIds(new Set());
    },
    clear() {
      setIsAll(false);
      setIds(new Set());
    },
  };
}

const STATUSES = ['pending', 'uploading', 'downloading', 'processing', 'ready', 'failed'];
const TASKS = [
  'image_classification',
  'object_detection',
  'instance_segmentation',
  'keypoint_detection',
  'oriented_detection',
  'anomaly_detection',
  'image_captioning',
  'text',
];

const SELECTS: { name: (typeof FILTERS)[number]; label: string; options: [value: string, label: string][] }[] = [
  {
    name: 'scope',
    label: 'Whose',
    options: [
      ['mine', 'Mine'],
      ['shared', 'Shared with me'],
      ['organization', 'Of my organizations'],
      ['public', 'Public'],
    ],
  },
  { name: 'status', label: 'Status', options: STATUSES.map((status) => [status, status]) },
  {
    name: 'labeled',
    label: 'Labels',
    options: [
      ['true', 'Labeled'],
      ['false', 'Without labels'],
    ],
  },
  { name: 'taskType', label: 'Task', options: TASKS.map((task) => [task, taskName(task)]) },
  { name: 'format', label: 'Format', options: Object.entries(FORMAT_NAMES) },
  {
    name: 'source',
    label: 'Source',
    options: [
      ['upload', 'Upload'],
      ['huggingface', 'Hugging Face'],
      ['sample', 'Sample'],
    ],
  },
  {
    name: 'visibility',
    label: 'Visibility',
    options: [
      ['private', 'Private'],
      ['organization', 'Organization'],
      ['public', 'Public'],
    ],
  },
];

const SORTS: [value: string, label: string][] = [
  ['updatedAt', 'Last changed'],
  ['createdAt', 'Made'],
  ['name', 'Name'],
  ['size', 'Size'],
  ['images', 'Images'],
];

/** The query that the page is on its way to, so that a quick second change does not undo the first. */
function usePendingQuery(): URLSearchParams {
  const [query] = useSearchParams();
  const { location } = useNavigation();
  return location?.pathname === '/datasets' ? new URLSearchParams(location.search) : query;
}

/** Search, filters and order; the URL holds them all. */
function Filters() {
  const [, setQuery] = useSearchParams();
  const query = usePendingQuery();
  const submit = useSubmit();
  const form = useRef<HTMLFormElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isBusy = useNavigation().state === 'loading';
  const value = (name: string) => query.get(name) ?? '';
  const isFiltered = FILTERS.some((name) => value(name) !== '');
  const send = () => {
    if (!form.current) return;
    const data = new FormData(form.current);
    for (const [name, text] of [...data]) if (text === '') data.delete(name);
    submit(data, { replace: true });
  };
  const tag = value('tags');
  const [isOpen, setIsOpen] = useState(false);
  const isAscending = value('order') === 'asc';
  const isTable = value('view') === 'table';
  return (
    <Form ref={form} role="search" className="mb-4 flex flex-wrap gap-2" aria-busy={isBusy}>
      <div className="relative w-full sm:w-72">
        <Search className="absolute top-2.5 left-3 size-4 text-dim" aria-hidden />
        <input
          type="search"
          name="search"
          defaultValue={value('search')}
          placeholder="Search name, description, tags"
          aria-label="Search datasets"
          onChange={() => {
            clearTimeout(timer.current);
            timer.current = setTimeout(send, 150);
          }}
          className={`${fieldStyle} w-full pl-9`}
        />
      </div>
      <button
        type="button"
        className={`${buttonStyle.secondary} sm:hidden`}
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <SlidersHorizontal className="size-4" aria-hidden /> Filters
      </button>
      <div className={isOpen ? 'contents' : 'hidden sm:contents'}>
        {SELECTS.map(({ name, label, options }) => (
          <select
            key={`${name} ${value(name)}`}
            name={name}
            aria-label={label}
            defaultValue={value(name)}
            onChange={send}
            className={`${fieldStyle} max-w-40`}
          >
            <option value="">{label}: all</option>
            {options.map(([option, text]) => (
              <option key={option} value={option}>
                {text}
              </option>
            ))}
          </select>
        ))}
      </div>
      {tag ? (
        <>
          <input type="hidden" name="tags" value={tag} />
          <button
            type="button"
            className={buttonStyle.secondary}
            onClick={() => setQuery(without(query, 'tags', 'cursor'))}
          >
            Tag: {tag} <X className="size-4" aria-label="any" />
          </button>
        </>
      ) : null}
      {isFiltered ? (
        <button
          type="button"
          className={buttonStyle.secondary}
          onClick={() => {
            form.current?.reset();
            setQuery(without(query, ...FILTERS, 'cursor'));
          }}
        >
          <X className="size-4" aria-hidden /> Clear
        </button>
      ) : null}
      <span className="flex-1" />
      <select
        key={`sort ${value('sort')}`}
        name="sort"
        aria-label="Order by"
        defaultValue={value('sort')}
        onChange={send}
        className={fieldStyle}
      >
        {SORTS.map(([option, text], index) => (
          <option key={option} value={index === 0 ? '' : option}>
            {text}
          </option>
        ))}
      </select>
      <input type="hidden" name="order" value={value('order')} />
      <input type="hidden" name="view" value={value('view')} />
      <button
        type="button"
        className={buttonStyle.icon}
        aria-label={isAscending ? 'Ascending; make it descending' : 'Descending; make it ascending'}
        onClick={() => setQuery(changed(without(query, 'cursor'), 'order', isAscending ? '' : 'asc'))}
      >
        {isAscending ? <ArrowUp className="size-4" aria-hidden /> : <ArrowDown className="size-4" aria-hidden />}
      </button>
      <button
        type="button"
        className={buttonStyle.icon}
        aria-label={isTable ? 'Show cards' : 'Show a table'}
        onClick={() => setQuery(changed(query, 'view', isTable ? '' : 'table'))}
      >
        {isTable ? <LayoutGrid className="size-4" aria-hidden /> : <Table className="size-4" aria-hidden />}
      </button>
      <noscript>
        <button type="submit" className={buttonStyle.secondary}>
          Search
        </button>
      </noscript>
    </Form>
  );
}

function without(query: URLSearchParams, ...names: string[]): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const name of names) next.delete(name);
  return next;
}

function changed(query: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = without(query, name);
  if (value) next.set(name, value);
  return next;
}

function SelectBox({ selection, index, dataset }: { selection: Selection; index: number; dataset: DatasetView }) {
  return (
    <input
      type="checkbox"
      aria-label={`Select ${dataset.name}`}
      checked={selection.has(dataset.id)}
      onChange={(event) => selection.toggle(index, (event.nativeEvent as MouseEvent).shiftKey)}
      className="size-4 shrink-0 accent-emerald-400"
    />
  );
}

/** What may be done with what is selected. */
function SelectionBar({
  selection,
  items,
  hasMore,
}: {
  selection: Selection;
  items: readonly DatasetView[];
  hasMore: boolean;
}) {
  const fetcher = useFetcher<typeof action>();
  const [query] = useSearchParams();
  const { isAll, ids, clear } = selection;
  const answer = fetcher.data;
  const done = fetcher.state === 'idle' ? answer : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for every answer
  useEffect(() => {
    if (!done?.result) return;
    const { changed: count, numRefused, refused } = done.result;
    if (count > 0) toast.success(`${formatCount(count)} ${count === 1 ? 'dataset' : 'datasets'} changed`);
    if (numRefused > 0)
      toast.error(`${formatCount(numRefused)} left as they are: ${refused[0]?.name}: ${refused[0]?.reason}`);
    clear();
  }, [done]);
  const numSelected = isAll ? null : ids.size;
  if (numSelected === 0) {
    return (
      <p className="mb-3 text-xs text-dim">
        Select with the boxes; with shift, all between two.{' '}
        <button type="button" className="text-accent hover:underline" onClick={selection.all}>
          Select all that match
        </button>
      </p>
    );
  }
  return (
    <fetcher.Form
      method="post"
      action={`?index&${query}`}
      aria-label="Change the selected datasets"
      className="sticky top-0 z-10 mb-4 flex flex-wrap items-center gap-2 rounded-xl border border-emerald-400/40 bg-raised p-3 text-sm"
    >
      {[...ids].map((id) => (
        <input key={id} type="hidden" name="id" value={id} />
      ))}
      <input type="hidden" name="all" value={String(isAll)} />
      <span role="status">
        {isAll
          ? `All that match${ids.size > 0 ? ` but ${formatCount(ids.size)}` : ''}`
          : `${formatCount(ids.size)} selected`}
      </span>
      {!isAll && (hasMore || ids.size < items.length) ? (
        <button type="button" className="text-accent hover:underline" onClick={selection.all}>
          Select all that match
        </button>
      ) : null}
      <button type="button" className="text-dim hover:text-ink" onClick={clear}>
        Clear
      </button>
      <span className="flex-1" />
      <input
        name="addTags"
        placeholder="Add tags"
        aria-label="Add tags, separated by commas"
        className={`${fieldStyle} w-36`}
      />
      <input
        name="removeTags"
        placeholder="Remove tags"
        aria-label="Remove tags, separated by commas"
        className={`${fieldStyle} w-36`}
      />
      <select name="visibility" aria-label="Visibility of the selected" className={fieldStyle}>
        <option value="">Visibility as it is</option>
        <option value="private">Private</option>
        <option value="public">Public</option>
      </select>
      <Button type="submit" disabled={fetcher.state !== 'idle'}>
        Apply
      </Button>
      {answer?.error && fetcher.state === 'idle' ? (
        <div className="w-full">
          <FormError
            message={answer.error.message}
            hint={answer.error.issues?.map(({ path, message }) => `${path}: ${message}`).join('; ')}
          />
        </div>
      ) : null}
    </fetcher.Form>
  );
}

interface ItemProps {
  dataset: DatasetView;
  selection: Selection;
  index: number;
}

function DatasetCard({ dataset, selection, index }: ItemProps) {
  return (
    <div className="relative h-full rounded-xl border border-line bg-surface p-5 transition hover:border-slate-500">
      <div className="flex items-start gap-3">
        <SelectBox selection={selection} index={index} dataset={dataset} />
        <h2 className="min-w-0 flex-1 leading-tight font-semibold break-words">
          <Link to={`/datasets/${dataset.id}`} className="before:absolute before:inset-0">
            {dataset.name}
          </Link>
        </h2>
        <StatusBadge status={dataset.status} progress={dataset.progress} />
      </div>
      <p className="mt-2 line-clamp-2 min-h-10 text-sm text-dim">{plain(dataset.description)}</p>
      <p className="mt-3 text-sm text-slate-300">
        {formatName(dataset.format)} · {taskName(dataset.taskType)}
      </p>
      <p className="mt-1 text-xs text-dim tabular-nums">
        {formatCount(dataset.numImages)} images · {formatCount(dataset.numAnnotations)} annotations ·{' '}
        {formatBytes(dataset.sizeBytes)} · <Ago at={dataset.updatedAt} />
      </p>
      <Tags tags={dataset.tags} />
    </div>
  );
}

/** The first words of a text in Markdown. */
const plain = (markdown: string): string => markdown.slice(0, 300).replace(/[#*_`>|]+|\]\([^)]*\)|[![\]]/g, '');

function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null;
  return (
    <ul className="relative mt-2 flex flex-wrap gap-1.5">
      {tags.map((tag) => (
        <li key={tag}>
          <Link
            to={`?tags=${encodeURIComponent(tag)}`}
            className="rounded-full bg-raised px-2 py-0.5 text-xs text-slate-300 hover:bg-slate-700"
          >
            {tag}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function DatasetTable({ items, selection }: { items: readonly DatasetView[]; selection: Selection }) {
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-surface">
      <table className="w-full min-w-3xl text-left text-sm">
        <thead className="text-xs text-dim">
          <tr>
            <th className="w-10 py-2 pl-4">
              <span className="sr-only">Selected</span>
            </th>
            <th className="px-3 py-2 font-medium">Name</th>
            <th className="px-3 py-2 font-medium">Status</th>
            <th className="px-3 py-2 font-medium">Format</th>
            <th className="px-3 py-2 font-medium">Task</th>
            <th className="px-3 py-2 text-right font-medium">Images</th>
            <th className="px-3 py-2 text-right font-medium">Annotations</th>
            <th className="px-3 py-2 text-right font-medium">Size</th>
            <th className="px-3 py-2 font-medium">Changed</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {items.map((dataset, index) => (
            <tr key={dataset.id} className="hover:bg-raised">
              <td className="py-2.5 pl-4">
                <SelectBox selection={selection} index={index} dataset={dataset} />
              </td>
              <td className="max-w-80 px-3">
                <Link to={`/datasets/${dataset.id}`} className="font-medium break-words hover:underline">
                  {dataset.name}
                </Link>
                <span className="ml-2 text-xs text-dim">{dataset.tags.join(', ')}</span>
              </td>
              <td className="px-3">
                <StatusBadge status={dataset.status} progress={dataset.progress} />
              </td>
              <td className="px-3">{formatName(dataset.format)}</td>
              <td className="px-3">{taskName(dataset.taskType)}</td>
              <td className="px-3 text-right tabular-nums">{formatCount(dataset.numImages)}</td>
              <td className="px-3 text-right tabular-nums">{formatCount(dataset.numAnnotations)}</td>
              <td className="px-3 text-right whitespace-nowrap tabular-nums">{formatBytes(dataset.sizeBytes)}</td>
              <td className="px-3 whitespace-nowrap text-dim">
                <Ago at={dataset.updatedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Pages({ nextCursor }: { nextCursor: string | null }) {
  const [query] = useSearchParams();
  const isLater = query.has('cursor');
  if (!nextCursor && !isLater) return null;
  return (
    <nav aria-label="Pages" className="mt-6 flex justify-center gap-3">
      {isLater ? (
        <Link to={`?${without(query, 'cursor')}`} className={buttonStyle.secondary}>
          First page
        </Link>
      ) : null}
      {nextCursor ? (
        <Link to={`?${changed(query, 'cursor', nextCursor)}`} className={buttonStyle.secondary}>
          Next page
        </Link>
      ) : null}
    </nav>
  );
}
