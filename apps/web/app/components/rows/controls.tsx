import type { SampleColumn, TableListView } from '@granary/client';
import { useNavigate, useSearchParams } from '@remix-run/react';
import { Plus, X } from 'lucide-react';
import { type FormEvent, useId } from 'react';
import { useTranslations } from 'use-intl';
import { Popover } from '../popover';
import { Button, fieldStyle } from '../ui';
import { changedQuery, type Filter, filtersIn, OPS, type Op } from './query';

/** Which split is looked at. */
export function SplitChoice({
  subsets,
  subset,
  split,
}: {
  subsets: TableListView['subsets'];
  subset: string | null;
  split: string | null;
}) {
  const t = useTranslations('rows');
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const splits = subsets.find(({ name }) => name === subset)?.splits ?? [];
  const go = (changes: Record<string, string | undefined>) =>
    navigate(changedQuery(query, { ...changes, row: undefined, offset: undefined }));
  return (
    <>
      {subsets.length > 1 ? (
        <Choice
          label={t('subset')}
          value={subset}
          names={subsets.map(({ name }) => name)}
          onChange={(name) => go({ subset: name, split: undefined })}
        />
      ) : null}
      {splits.length > 0 ? (
        <Choice
          label={t('split')}
          value={split}
          names={splits.map(({ name }) => name)}
          onChange={(name) => go({ subset: subset ?? undefined, split: name })}
        />
      ) : null}
    </>
  );
}

function Choice({
  label,
  value,
  names,
  onChange,
}: {
  label: string;
  value: string | null;
  names: readonly string[];
  onChange(name: string): void;
}) {
  const id = useId();
  return (
    <span className="flex items-center gap-2">
      <label htmlFor={id} className="text-xs text-dim">
        {label}
      </label>
      <select id={id} className={fieldStyle} value={value ?? ''} onChange={(event) => onChange(event.target.value)}>
        {names.map((name) => (
          <option key={name} translate="no">
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}

/** The search, as the address keeps it. */
export function RowSearch({ columns }: { columns: readonly SampleColumn[] }) {
  const t = useTranslations('rows');
  const actions = useTranslations('actions');
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '') || undefined;
    navigate(
      changedQuery(query, {
        search: text('search'),
        regex: text('regex'),
        in: text('in'),
        row: undefined,
        offset: undefined,
      }),
    );
  };
  return (
    <search className="min-w-0 flex-1 basis-full sm:basis-0">
      <form key={query.get('search')} className="flex flex-wrap items-center gap-2" onSubmit={submit}>
        <input
          type="search"
          name="search"
          defaultValue={query.get('search') ?? ''}
          placeholder={t('search')}
          aria-label={t('search')}
          title={t('searchHint')}
          className={`${fieldStyle} min-w-40 flex-1`}
        />
        <select
          name="in"
          defaultValue={query.get('in') ?? ''}
          aria-label={t('in')}
          className={`${fieldStyle} max-w-44`}
        >
          <option value="">{t('allTexts')}</option>
          {columns.map(({ name }) => (
            <option key={name} value={name} translate="no">
              {name}
            </option>
          ))}
        </select>
        <label className="flex items-center gap-1.5 text-xs text-dim" title={t('regex')}>
          <input
            type="checkbox"
            name="regex"
            value="true"
            defaultChecked={query.get('regex') === 'true'}
            aria-label={t('regex')}
          />
          .*
        </label>
        <Button type="submit" variant="secondary">
          {actions('search')}
        </Button>
      </form>
    </search>
  );
}

/** Which columns are shown; all, unless the address names some. */
function ColumnChoice({ columns }: { columns: readonly SampleColumn[] }) {
  const t = useTranslations('rows');
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const chosen = query.get('columns')?.split(',');
  const toggle = (name: string, isOn: boolean) => {
    const now = columns.map((column) => column.name).filter((known) => chosen?.includes(known) ?? true);
    const next = isOn ? [...now, name] : now.filter((known) => known !== name);
    const isAll = next.length === columns.length || next.length === 0;
    navigate(
      changedQuery(query, { columns: isAll ? undefined : next.join(','), offset: query.get('offset') ?? undefined }),
    );
  };
  return (
    <Popover title={t('columns')}>
      <ul className="space-y-1">
        {columns.map(({ name, type }) => (
          <li key={name}>
            <label className="flex items-center gap-2">
              <input
                type="checkbox"
                checked={chosen?.includes(name) ?? true}
                onChange={(event) => toggle(name, event.target.checked)}
              />
              <span translate="no" className="min-w-0 truncate">
                {name} <span className="text-xs text-dim">{type}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
    </Popover>
  );
}

/** Conditions on columns: those there are, and one more. */
export function RowFilters({ columns }: { columns: readonly SampleColumn[] }) {
  const t = useTranslations('rows');
  const actions = useTranslations('actions');
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const filters = filtersIn(query.get('filters') ?? undefined);
  const go = (next: readonly Filter[]) =>
    navigate(
      changedQuery(query, {
        filters: next.length > 0 ? JSON.stringify(next) : undefined,
        row: undefined,
        offset: undefined,
      }),
    );
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const op = OPS.find((known) => known === form.get('op')) ?? 'contains';
    const value = isBare(op) ? {} : { value: String(form.get('value') ?? '') };
    const added = { column: String(form.get('column')), op, ...value };
    const isKnown = filters.some((filter) => JSON.stringify(filter) === JSON.stringify(added));
    go(isKnown ? filters : [...filters, added]);
    event.currentTarget.reset();
  };
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm">
      {filters.map((filter) => (
        <span key={JSON.stringify(filter)} className="flex items-center gap-1 rounded-full bg-raised py-1 pr-1 pl-3">
          <span translate="no">{filter.column}</span> {t(filter.op)} <span translate="no">{filter.value}</span>
          <button
            type="button"
            aria-label={actions('remove')}
            onClick={() => go(filters.filter((other) => other !== filter))}
            className="rounded-full p-1 hover:bg-hover"
          >
            <X className="size-3.5" aria-hidden />
          </button>
        </span>
      ))}
      <Popover title={t('filter')} icon={<Plus className="size-4" aria-hidden />}>
        <form onSubmit={add} className="flex flex-col gap-2">
          <select name="column" aria-label={t('column')} className={fieldStyle}>
            {columns.map(({ name }) => (
              <option key={name} translate="no">
                {name}
              </option>
            ))}
          </select>
          <select name="op" aria-label={t('condition')} className={fieldStyle}>
            {OPS.map((op) => (
              <option key={op} value={op}>
                {t(op)}
              </option>
            ))}
          </select>
          <input name="value" aria-label={t('value')} placeholder={t('value')} className={fieldStyle} />
          <Button type="submit">{t('addFilter')}</Button>
        </form>
      </Popover>
      <ColumnChoice columns={columns} />
    </div>
  );
}

const isBare = (op: Op): boolean => op === 'null' || op === 'not_null';
