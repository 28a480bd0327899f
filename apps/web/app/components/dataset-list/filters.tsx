import { Form, useNavigation, useSearchParams, useSubmit } from '@remix-run/react';
import { ArrowDown, ArrowUp, LayoutGrid, Search, SlidersHorizontal, Table, X } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { changed, FILTERS, without } from '~/dataset-query';
import { FORMATS, TASKS, useNames } from '~/format';
import { useRoot } from '~/use-root';
import { buttonStyle, fieldStyle } from '../ui';

/** Those that datasets mostly have; another that was asked for is offered, too. */
const LICENSES = ['CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'CC-BY-NC-4.0', 'ODbL-1.0', 'MIT', 'Apache-2.0'];

const STATUSES = ['pending', 'uploading', 'downloading', 'processing', 'ready', 'failed'];

interface Choice {
  name: (typeof FILTERS)[number];
  label: string;
  options: (readonly [value: string, label: string])[];
}

function useChoices(license: string): Choice[] {
  const t = useTranslations('list');
  const visibility = useTranslations('names.visibility');
  const names = useNames();
  return [
    {
      name: 'scope',
      label: t('scope'),
      options: [
        ['mine', t('mine')],
        ['shared', t('shared')],
        ['organization', t('ofOrganizations')],
        ['public', t('public')],
        ['samples', t('samples')],
      ],
    },
    { name: 'status', label: t('status'), options: STATUSES.map((status) => [status, names.status(status)] as const) },
    {
      name: 'labeled',
      label: t('labels'),
      options: [
        ['true', t('labeled')],
        ['false', t('unlabeled')],
      ],
    },
    { name: 'taskType', label: t('task'), options: TASKS.map((task) => [task, names.task(task)] as const) },
    { name: 'format', label: t('format'), options: FORMATS.map((format) => [format, names.format(format)] as const) },
    {
      name: 'source',
      label: t('source'),
      options: [
        ['upload', t('upload')],
        ['huggingface', 'Hugging Face'],
        ['sample', t('sample')],
      ],
    },
    {
      name: 'visibility',
      label: t('visibility'),
      options: (['private', 'organization', 'public'] as const).map((value) => [value, visibility(value)] as const),
    },
    {
      name: 'license',
      label: t('license'),
      options: [
        ['none', t('noLicense')],
        ...[...new Set([...LICENSES, ...(license && license !== 'none' ? [license] : [])])].map(
          (id) => [id, id] as const,
        ),
      ],
    },
  ];
}

/** What says nothing to who is not signed in: all they see is public, and nothing theirs. */
const OF_ONES_OWN = new Set(['scope', 'visibility']);

/** By the name in the URL, the default first. */
const SORTS = {
  updatedAt: 'lastChanged',
  createdAt: 'made',
  name: 'name',
  size: 'size',
  images: 'images',
} as const;

/** The query that the page is on its way to, so that a quick second change does not undo the first. */
function usePendingQuery(): URLSearchParams {
  const [query] = useSearchParams();
  const { location } = useNavigation();
  return location?.pathname === '/datasets' ? new URLSearchParams(location.search) : query;
}

/** Search, filters and order; the URL holds them all. */
export function Filters() {
  const t = useTranslations('list');
  const actions = useTranslations('actions');
  const isSignedIn = useRoot()?.person != null;
  const [, setQuery] = useSearchParams();
  const query = usePendingQuery();
  const choices = useChoices(query.get('license') ?? '').filter(({ name }) => isSignedIn || !OF_ONES_OWN.has(name));
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
          placeholder={t('searchHint')}
          aria-label={t('searchLabel')}
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
        <SlidersHorizontal className="size-4" aria-hidden /> {t('filters')}
      </button>
      <div className={isOpen ? 'contents' : 'hidden sm:contents'}>
        {choices.map(({ name, label, options }) => (
          <select
            key={`${name} ${value(name)}`}
            name={name}
            aria-label={label}
            defaultValue={value(name)}
            onChange={send}
            className={`${fieldStyle} max-w-40`}
          >
            <option value="">{t('filterAll', { filter: label })}</option>
            {options.map(([option, text]) => (
              <option key={option} value={option}>
                {text}
              </option>
            ))}
          </select>
        ))}
      </div>
      {value('organizationId') ? <input type="hidden" name="organizationId" value={value('organizationId')} /> : null}
      {tag ? (
        <>
          <input type="hidden" name="tags" value={tag} />
          <button
            type="button"
            className={buttonStyle.secondary}
            onClick={() => setQuery(without(query, 'tags', 'cursor'))}
          >
            {t('tag', { tag })} <X className="size-4" aria-label={t('anyTag')} />
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
          <X className="size-4" aria-hidden /> {actions('clear')}
        </button>
      ) : null}
      <span className="flex-1" />
      <select
        key={`sort ${value('sort')}`}
        name="sort"
        aria-label={t('orderBy')}
        defaultValue={value('sort')}
        onChange={send}
        className={fieldStyle}
      >
        {Object.entries(SORTS).map(([option, text], index) => (
          <option key={option} value={index === 0 ? '' : option}>
            {t(text)}
          </option>
        ))}
      </select>
      <input type="hidden" name="order" value={value('order')} />
      <input type="hidden" name="view" value={value('view')} />
      <button
        type="button"
        className={buttonStyle.icon}
        aria-label={isAscending ? t('ascending') : t('descending')}
        onClick={() => setQuery(changed(without(query, 'cursor'), 'order', isAscending ? '' : 'asc'))}
      >
        {isAscending ? <ArrowUp className="size-4" aria-hidden /> : <ArrowDown className="size-4" aria-hidden />}
      </button>
      <button
        type="button"
        className={buttonStyle.icon}
        aria-label={isTable ? t('showCards') : t('showTable')}
        onClick={() => setQuery(changed(query, 'view', isTable ? '' : 'table'))}
      >
        {isTable ? <LayoutGrid className="size-4" aria-hidden /> : <Table className="size-4" aria-hidden />}
      </button>
      <noscript>
        <button type="submit" className={buttonStyle.secondary}>
          {actions('search')}
        </button>
      </noscript>
    </Form>
  );
}
