import type { AuditEntryView } from '@granary/client';
import { AUDIT_ACTIONS } from '@granary/core/audit/actions';
import { Form, Link, useSearchParams } from '@remix-run/react';
import { Download, ScrollText } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { useFormat, useNames } from '~/format';
import { Button, buttonStyle, EmptyState, fieldStyle } from './ui';

const FILTERS = ['action', 'search', 'from', 'to', 'cursor'] as const;

/** What the address asks for; days are whole ones, by UTC, the last included. */
export function auditQuery(url: string) {
  const query = new URL(url).searchParams;
  const { from, to, ...rest } = Object.fromEntries(
    FILTERS.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])),
  );
  return { ...rest, ...days(from, to), limit: 50 };
}

function days(from: string | undefined, to: string | undefined): { from?: string; to?: string } {
  const midnight = (day: string | undefined, later: number) => {
    const at = day && /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) + later * 86_400_000 : Number.NaN;
    return Number.isNaN(at) ? null : new Date(at).toISOString();
  };
  const [first, last] = [midnight(from, 0), midnight(to, 1)];
  return { ...(first ? { from: first } : {}), ...(last ? { to: last } : {}) };
}

/** Entries with filters and exports; of one dataset or of the site. */
export function AuditLog({
  page: { items, nextCursor },
  exportPath,
  showsDataset,
}: {
  page: { items: AuditEntryView[]; nextCursor: string | null };
  exportPath: string;
  showsDataset: boolean;
}) {
  const t = useTranslations('audit');
  const events = useTranslations('names.event');
  const [query] = useSearchParams();
  const value = (name: string) => query.get(name) ?? '';
  const exported = (format: string) => {
    const asked = new URLSearchParams({ format, ...days(value('from'), value('to')) });
    for (const name of ['action', 'search']) if (value(name)) asked.set(name, value(name));
    return `${exportPath}?${asked}`;
  };
  const older = new URLSearchParams(query);
  older.set('cursor', nextCursor ?? '');
  return (
    <div className="space-y-4">
      <p className="text-sm text-dim">{t('intro')}</p>
      <Form className="flex flex-wrap items-end gap-2 text-sm" role="search">
        <input
          type="search"
          name="search"
          defaultValue={value('search')}
          placeholder={t('search')}
          aria-label={t('search')}
          className={`${fieldStyle} w-full sm:w-64`}
        />
        <select name="action" defaultValue={value('action')} aria-label={t('action')} className={fieldStyle}>
          <option value="">{t('allActions')}</option>
          {AUDIT_ACTIONS.map((action) => (
            <option key={action} value={action}>
              {events(action)}
            </option>
          ))}
        </select>
        {(['from', 'to'] as const).map((name) => (
          <label key={name} className="flex items-center gap-1.5 text-dim">
            {t(name)}
            <input type="date" name={name} defaultValue={value(name)} className={fieldStyle} />
          </label>
        ))}
        <Button type="submit" variant="secondary">
          {t('apply')}
        </Button>
        <span className="flex-1" />
        {(['csv', 'jsonl'] as const).map((format) => (
          <a key={format} href={exported(format)} className={buttonStyle.secondary}>
            <Download className="size-4" aria-hidden /> {format === 'csv' ? t('asCsv') : t('asJsonl')}
          </a>
        ))}
      </Form>
      {items.length === 0 ? (
        <EmptyState icon={<ScrollText className="size-6" aria-hidden />} title={t('none')}>
          {t('noneHint')}
        </EmptyState>
      ) : (
        <ol className="divide-y divide-line rounded-xl border border-line bg-surface text-sm">
          {items.map((entry) => (
            <Entry key={entry.id} entry={entry} showsDataset={showsDataset} />
          ))}
        </ol>
      )}
      <div className="flex gap-2">
        {query.has('cursor') ? (
          <Link to={`?${withoutCursor(query)}`} className={buttonStyle.secondary}>
            {t('newest')}
          </Link>
        ) : null}
        {nextCursor ? (
          <Link to={`?${older}`} className={buttonStyle.secondary}>
            {t('older')}
          </Link>
        ) : null}
      </div>
    </div>
  );
}

function withoutCursor(query: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(query);
  next.delete('cursor');
  return next;
}

function Entry({ entry, showsDataset }: { entry: AuditEntryView; showsDataset: boolean }) {
  const t = useTranslations('audit');
  const format = useFormat();
  const names = useNames();
  const { at, action, performedByName, apiKey, ip, datasetId, datasetName, details } = entry;
  const hasDetails = Object.keys(details).length > 0;
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <span title={action} className="rounded bg-raised px-1.5 py-0.5 text-xs text-good">
          {names.event(action)}
        </span>
        {showsDataset && datasetId ? (
          <Link
            to={`/admin/audit?search=${encodeURIComponent(datasetName ?? '')}`}
            className="font-medium hover:underline"
          >
            {datasetName ?? datasetId}
          </Link>
        ) : null}
        <span className="text-soft">
          {performedByName ?? (ip === null ? t('granary') : t('nobody'))}
          {apiKey ? ` ${t('key', { prefix: apiKey })}` : ''}
        </span>
        <span className="flex-1" />
        <span className="text-xs text-dim tabular-nums">
          {format.instant(at)}
          {ip ? ` · ${ip}` : ''}
        </span>
      </div>
      {hasDetails ? (
        <details className="mt-1.5">
          <summary className="cursor-pointer text-xs text-dim hover:text-ink">{t('details')}</summary>
          <pre className="mt-1.5 overflow-x-auto rounded-md bg-canvas p-3 text-xs">
            {JSON.stringify(details, null, 2)}
          </pre>
        </details>
      ) : null}
    </li>
  );
}
