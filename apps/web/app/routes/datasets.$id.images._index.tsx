import type { LoaderFunctionArgs } from '@remix-run/node';
import { Form, Link, useLoaderData, useParams, useRouteLoaderData, useSearchParams, useSubmit } from '@remix-run/react';
import { Images, Minus, Plus, SquarePen, X } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { Gallery } from '~/components/gallery';
import { LayerToggles, useLayers } from '~/components/layers';
import { LAYERS } from '~/components/shapes';
import { buttonStyle, EmptyState, fieldStyle } from '~/components/ui';
import { IMAGE_FILTERS as FILTERS, filtersOf, useAmongImages } from '~/image-query';
import type { loader as datasetLoader } from '~/routes/datasets.$id';
import { versionIn } from '~/version';

const PAGE = 60;
export function loader({ request, context, params }: LoaderFunctionArgs) {
  const filters = filtersOf(new URL(request.url).searchParams);
  return load(request, context, (api) =>
    api.images.list({ id: params.id ?? '', limit: PAGE, withAnnotations: 'true', ...filters }),
  );
}

const MIN_COLUMNS = 2;
const MAX_COLUMNS = 8;

export default function ImagesPage() {
  const t = useTranslations('images');
  const first = useLoaderData<typeof loader>();
  const { id = '' } = useParams();
  const [params] = useSearchParams();
  const { shown, toggle, toggleAll } = useLayers();
  const { columns, change } = useColumns();
  const among = useAmongImages();
  // What is annotated is the draft, from the first of these images on.
  const sound = first.items.find(({ problem, width }) => !problem && width);
  const start = sound && !params.get('version') ? among(`/datasets/${id}/annotate/${sound.id}`) : null;
  // The same for the same filters, whatever else is in the address.
  const filters = new URLSearchParams([...FILTERS, 'version'].map((name) => [name, params.get(name) ?? ''])).toString();
  const query = useMemo(() => ({ id, limit: PAGE, ...filtersOf(new URLSearchParams(filters)) }), [id, filters]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      if (event.key === 'o') toggleAll();
      else if (event.key === '+' || event.key === '=') change(-1);
      else if (event.key === '-') change(1);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [toggleAll, change]);
  return (
    <>
      <Filters />
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <LayerToggles layers={LAYERS.filter((layer) => layer !== 'labels')} shown={shown} onToggle={toggle} />
        <div className="flex gap-1.5">
          {start ? (
            <Link to={start} className={`${buttonStyle.primary} py-1.5`}>
              <SquarePen className="size-4" aria-hidden /> {t('annotate')}
            </Link>
          ) : null}
          <button
            type="button"
            className={buttonStyle.icon}
            aria-label={t('smaller')}
            disabled={columns === MAX_COLUMNS}
            onClick={() => change(1)}
          >
            <Minus className="size-4" aria-hidden />
          </button>
          <button
            type="button"
            className={buttonStyle.icon}
            aria-label={t('larger')}
            disabled={columns === MIN_COLUMNS}
            onClick={() => change(-1)}
          >
            <Plus className="size-4" aria-hidden />
          </button>
        </div>
      </div>
      {first.items.length === 0 ? (
        <EmptyState icon={<Images className="size-6" aria-hidden />} title={t('none')}>
          {FILTERS.some((name) => params.get(name)) ? t('noneMatch') : t('uploadSome')}
        </EmptyState>
      ) : (
        <Gallery key={filters} datasetId={id} query={query} first={first} shown={shown} columns={columns} />
      )}
    </>
  );
}

const isTyping = ({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  ctrlKey || metaKey || altKey || target instanceof HTMLInputElement || target instanceof HTMLSelectElement;

/** How many tiles stand side by side: by the width of the window, until someone wishes otherwise. */
function useColumns(): { columns: number; change(by: number): void } {
  const [columns, setColumns] = useState(4);
  // The same widths as the grid of the first tiles has: before it is painted, so that nothing moves.
  useLayoutEffect(() => {
    const fit = () => setColumns(window.innerWidth < 640 ? 2 : window.innerWidth < 1280 ? 4 : 5);
    fit();
    window.addEventListener('resize', fit);
    return () => window.removeEventListener('resize', fit);
  }, []);
  const change = useMemo(
    () => (by: number) => setColumns((now) => Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, now + by))),
    [],
  );
  return { columns, change };
}

function Filters() {
  const t = useTranslations('images');
  const actions = useTranslations('actions');
  const dataset = useRouteLoaderData<typeof datasetLoader>('routes/datasets.$id');
  const [query, setQuery] = useSearchParams();
  const submit = useSubmit();
  const value = (name: (typeof FILTERS)[number]) => query.get(name) ?? '';
  const isFiltered = FILTERS.some((name) => value(name) !== '');
  const form = useRef<HTMLFormElement>(null);
  const version = versionIn(query);
  return (
    <Form
      ref={form}
      className="mb-3 flex flex-wrap gap-2"
      onChange={(event) => submit(cleaned(event.currentTarget), { replace: true })}
    >
      {version === undefined ? null : <input type="hidden" name="version" value={version} />}
      <input
        type="search"
        name="search"
        placeholder={t('search')}
        aria-label={t('search')}
        defaultValue={value('search')}
        className={`${fieldStyle} w-full sm:w-64`}
      />
      <select
        key={`split ${value('split')}`}
        name="split"
        aria-label={t('split')}
        defaultValue={value('split')}
        className={fieldStyle}
      >
        <option value="">{t('allSplits')}</option>
        {Object.keys(dataset?.splits ?? {}).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        key={`class ${value('class')}`}
        name="class"
        aria-label={t('class')}
        defaultValue={value('class')}
        className={`${fieldStyle} max-w-48`}
      >
        <option value="">{t('allClasses')}</option>
        {[...new Set(dataset?.classNames)].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        key={`labeled ${value('labeled')}`}
        name="labeled"
        aria-label={t('labels')}
        defaultValue={value('labeled')}
        className={fieldStyle}
      >
        <option value="">{t('labeledOrNot')}</option>
        <option value="true">{t('labeled')}</option>
        <option value="empty">{t('labeledEmpty')}</option>
        <option value="false">{t('unlabeled')}</option>
        <option value="lost">{t('labelsLost')}</option>
      </select>
      <label className="flex items-center gap-2 px-1 text-sm">
        <input
          key={`issues ${value('issues')}`}
          type="checkbox"
          name="issues"
          value="true"
          defaultChecked={value('issues') === 'true'}
        />
        {t('withProblems')}
      </label>
      {isFiltered ? (
        <button
          type="button"
          className={buttonStyle.secondary}
          onClick={() => {
            form.current?.reset();
            setQuery(version === undefined ? {} : { version });
          }}
        >
          <X className="size-4" aria-hidden /> {actions('clear')}
        </button>
      ) : null}
    </Form>
  );
}

/** What was chosen, without what was not: URLs stay short. */
function cleaned(form: HTMLFormElement): FormData {
  const data = new FormData(form);
  for (const name of FILTERS) if (data.get(name) === '') data.delete(name);
  return data;
}
