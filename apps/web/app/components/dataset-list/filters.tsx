import { Form, useNavigation, useSearchParams, useSubmit } from '@remix-run/react';
import { ArrowDown, ArrowUp, LayoutGrid, Search, SlidersHorizontal, Table, X } from 'lucide-react';
import { useRef, useState } from 'react';
import { FORMAT_NAMES, TASKS, taskName } from '~/format';
import { buttonStyle, fieldStyle } from '../ui';
import { changed, FILTERS, without } from './query';

const STATUSES = ['pending', 'uploading', 'downloading', 'processing', 'ready', 'failed'];

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
export function Filters() {
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
