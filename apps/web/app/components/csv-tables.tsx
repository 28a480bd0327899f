import { type CsvOptions, type CsvPreview, previewCsv } from '@granary/tables/csv';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { useServerTexts } from '~/server-texts';
import type { CsvHead } from '~/upload/analysis';
import type { ImportWishes } from '~/upload/manager';
import { fieldStyle } from './ui';

/** How the CSV files of an upload are to be read, as far as somebody has said so. */
export interface CsvChoice {
  options: CsvOptions;
  change(options: CsvOptions): void;
  wishes: Pick<ImportWishes, 'csv'>;
}

/** Begins anew when other files are picked. */
export function useCsvChoice(files: unknown): CsvChoice {
  const [chosen, setChosen] = useState<{ files: unknown; options: CsvOptions }>({ files, options: {} });
  return useMemo(() => {
    const options = chosen.files === files ? chosen.options : {};
    return {
      options,
      change: (options) => setChosen({ files, options }),
      wishes: Object.keys(options).length > 0 ? { csv: options } : {},
    };
  }, [chosen, files]);
}

const DELIMITERS = [
  [',', 'comma'],
  ['\t', 'tab'],
  [';', 'semicolon'],
  ['|', 'bar'],
  [' ', 'space'],
] as const;
const QUOTES = [
  ['"', 'doubleQuote'],
  ["'", 'singleQuote'],
  ['', 'noQuote'],
] as const;

/** The first rows of CSV files as an import would read them, and how they are read, which can be said otherwise. */
export function CsvTables({ tables, choice: { options, change } }: { tables: readonly CsvHead[]; choice: CsvChoice }) {
  const t = useTranslations('csv');
  const previews = useMemo(
    () => tables.map(({ path, head, card }) => previewCsv(path, head, { ...options, ...card })),
    [tables, options],
  );
  if (tables.length === 0) return null;
  /** What is not said is left to be found out. */
  const say = (said: Partial<CsvOptions>) =>
    change(Object.fromEntries(Object.entries({ ...options, ...said }).filter(([, value]) => value !== undefined)));
  return (
    <fieldset className="min-w-0 space-y-4 rounded-lg border border-line p-4">
      <legend className="px-1 text-sm font-medium">{t('title')}</legend>
      <p className="text-sm text-dim">{t('hint')}</p>
      <div className="grid grid-cols-1 gap-3 text-sm sm:grid-cols-2 lg:grid-cols-4">
        <Choice label={t('delimiter')} value={options.delimiter} onChange={(delimiter) => say({ delimiter })}>
          {DELIMITERS.map(([value, name]) => (
            <option key={name} value={`=${value}`}>
              {t(name)}
            </option>
          ))}
        </Choice>
        <Choice label={t('quote')} value={options.quote} onChange={(quote) => say({ quote })}>
          {QUOTES.map(([value, name]) => (
            <option key={name} value={`=${value}`}>
              {t(name)}
            </option>
          ))}
        </Choice>
        <Choice
          label={t('firstRow')}
          value={options.header === undefined ? undefined : String(options.header)}
          onChange={(header) => say({ header: header === undefined ? undefined : header === 'true' })}
        >
          <option value="=true">{t('hasNames')}</option>
          <option value="=false">{t('isRow')}</option>
        </Choice>
        <label className="space-y-1">
          <span className="block text-dim">{t('columns')}</span>
          <input
            type="text"
            defaultValue={options.columns?.join(', ')}
            placeholder={t('columnsExample')}
            onBlur={(event) => say({ columns: namesOf(event.target.value) })}
            className={`${fieldStyle} w-full`}
          />
        </label>
      </div>
      {previews.map((preview) => (
        <Preview key={preview.path} preview={preview} />
      ))}
    </fieldset>
  );
}

const namesOf = (list: string): string[] | undefined => {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return names.length > 0 ? names : undefined;
};

/** A choice of which nothing is one: values stand behind a sign, since a value may be empty. */
function Choice({
  label,
  value,
  onChange,
  children,
}: {
  label: string;
  value: string | undefined;
  onChange(value: string | undefined): void;
  children: ReactNode;
}) {
  const t = useTranslations('csv');
  return (
    <label className="space-y-1">
      <span className="block text-dim">{label}</span>
      <select
        value={value === undefined ? '' : `=${value}`}
        onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value.slice(1))}
        className={`${fieldStyle} w-full`}
      >
        <option value="">{t('automatic')}</option>
        {children}
      </select>
    </label>
  );
}

function Preview({ preview: { path, columns, rows, notes, problem } }: { preview: CsvPreview }) {
  const t = useTranslations('csv');
  const texts = useServerTexts();
  const keyed = rows.map((cells, row) => ({ row, cells: cells.map((value, column) => ({ column, value })) }));
  return (
    <section aria-label={path} className="min-w-0 space-y-2">
      <p className="font-mono text-xs break-all">{path}</p>
      {problem === null ? null : (
        <p role="alert" className="text-sm text-warn">
          {t('problem', { reason: problem })}
        </p>
      )}
      {notes.map((note) => (
        <p key={note} className="text-sm text-ink">
          {t('note', { note: texts.detail(note) })}
        </p>
      ))}
      {columns.length > 0 ? (
        <div className="overflow-x-auto">
          <table className="text-left text-xs">
            <thead>
              <tr>
                {columns.map((name) => (
                  <th key={name} scope="col" className="border-b border-line px-2 py-1 font-medium whitespace-nowrap">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {keyed.map(({ row, cells }) => (
                <tr key={row}>
                  {cells.map(({ column, value }) => (
                    <td key={column} className="max-w-64 truncate border-b border-line px-2 py-1 whitespace-pre">
                      {value ?? <span className="text-dim">null</span>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </section>
  );
}
