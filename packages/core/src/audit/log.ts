import { Readable } from 'node:stream';
import { auditLog } from '@granary/db';
import { stringify } from 'csv-stringify';
import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireAdmin, requireDataset } from '../access/policy.ts';
import type { Asking, SignedInContext } from '../base/context.ts';
import { escapeLike, mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError, issuesOf } from '../errors/app-error.ts';
import { performer, recordAudit } from './record.ts';
import { type AuditEntryView, auditExportQuery, type auditFilter, type listAuditInput } from './schemas.ts';

type Filter = z.infer<typeof auditFilter>;

/** Entries of one dataset, for who manages it; null for all there are, for site admins. */
export async function listAudit(
  ctx: Asking,
  datasetId: string | null,
  input: z.infer<typeof listAuditInput>,
): Promise<Page<AuditEntryView>> {
  await requireAudit(ctx, datasetId);
  const page = await pageOfRows(
    ctx.database.db,
    input,
    z.tuple([z.number().int()]),
    (after, limit) => entriesOf(ctx, datasetId, input, { before: after?.[0], limit }),
    ({ id }) => [id],
  );
  return mapPage(page, viewOf);
}

async function requireAudit(ctx: Asking, datasetId: string | null): Promise<void> {
  if (datasetId === null) return requireAdmin(ctx);
  // The log outlives its dataset; then only admins read it.
  if (!ctx.person.isAdmin) await requireDataset(ctx.database, ctx.person, datasetId, 'audit');
}

/** The newest first. */
function entriesOf(
  { database: { db } }: Asking,
  datasetId: string | null,
  filter: Filter,
  { before, limit }: { before: number | undefined; limit: number },
) {
  const pattern = filter.search ? `%${escapeLike(filter.search)}%` : null;
  const conditions: (SQL | undefined)[] = [
    datasetId === null ? undefined : eq(auditLog.datasetId, datasetId),
    filter.action === undefined ? undefined : eq(auditLog.action, filter.action),
    filter.performedBy === undefined ? undefined : eq(auditLog.performedBy, filter.performedBy),
    filter.from === undefined ? undefined : gte(auditLog.at, new Date(filter.from)),
    filter.to === undefined ? undefined : lt(auditLog.at, new Date(filter.to)),
    before === undefined ? undefined : lt(auditLog.id, before),
    pattern === null
      ? undefined
      : sql`audit_search_text(${auditLog.action}, ${auditLog.datasetName}, ${auditLog.performedByName}, ${auditLog.details}) ilike ${pattern}`,
  ];
  return db
    .select()
    .from(auditLog)
    .where(and(...conditions))
    .orderBy(desc(auditLog.id))
    .limit(limit);
}

const viewOf = ({ at, ...row }: typeof auditLog.$inferSelect): AuditEntryView => ({ ...row, at: at.toISOString() });

export interface AuditExport {
  filename: string;
  contentType: string;
  body: Readable;
}

const EXPORT_PAGE = 1000;

/** What the address of an export asks for. @throws AppError `invalid_input` */
export function readAuditExport(query: Record<string, unknown>): z.output<typeof auditExportQuery> {
  const asked = auditExportQuery.safeParse(
    Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '')),
  );
  if (asked.success) return asked.data;
  throw new AppError('invalid_input', { issues: issuesOf(asked.error) ?? [] });
}

/** All entries that match, the newest first, as JSON Lines or as CSV whose cells no spreadsheet takes for formulas. */
export async function exportAudit(
  ctx: SignedInContext,
  datasetId: string | null,
  filter: Filter,
  format: 'csv' | 'jsonl',
): Promise<AuditExport> {
  await requireAudit(ctx, datasetId);
  await recordAudit(ctx.database.db, {
    action: 'audit_exported',
    ...(datasetId === null ? {} : { datasetId }),
    ...performer(ctx),
    details: { format, filter },
  });
  const name = `audit-log${datasetId === null ? '' : `-${datasetId}`}`;
  const entries = allOf(ctx, datasetId, filter);
  if (format === 'jsonl') {
    return { filename: `${name}.jsonl`, contentType: 'application/x-ndjson', body: Readable.from(linesOf(entries)) };
  }
  const csv = stringify({ header: true, columns: [...COLUMNS], escape_formulas: true, record_delimiter: '\r\n' });
  const rows = Readable.from(rowsOf(entries));
  rows.on('error', (error) => csv.destroy(error));
  return { filename: `${name}.csv`, contentType: 'text/csv; charset=utf-8', body: rows.pipe(csv) };
}

const COLUMNS = [
  'id',
  'at',
  'action',
  'datasetId',
  'datasetName',
  'performedBy',
  'performedByName',
  'apiKey',
  'ip',
  'details',
] as const satisfies (keyof AuditEntryView)[];

async function* allOf(ctx: Asking, datasetId: string | null, filter: Filter): AsyncGenerator<AuditEntryView> {
  let before: number | undefined;
  for (;;) {
    const page = await entriesOf(ctx, datasetId, filter, { before, limit: EXPORT_PAGE });
    yield* page.map(viewOf);
    if (page.length < EXPORT_PAGE) return;
    before = page.at(-1)?.id;
  }
}

async function* linesOf(entries: AsyncIterable<AuditEntryView>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

async function* rowsOf(entries: AsyncIterable<AuditEntryView>): AsyncGenerator<unknown[]> {
  for await (const entry of entries) yield COLUMNS.map((c) => (c === 'details' ? JSON.stringify(entry[c]) : entry[c]));
}
