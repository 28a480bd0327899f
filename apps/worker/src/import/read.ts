import type { analysis, ImportOptions } from '@granary/api';
import {
  type Candidate,
  type ClassDefinition,
  type DatasetSource,
  detectFormats,
  type Format,
  type ImageRecord,
  isIssueCode,
  MAX_TEXT_BYTES,
  type Report,
  ReportBuilder,
  readerOf,
  summarise,
  type TaskType,
} from '@granary/formats';
import type { z } from 'zod';
import type { JobRun } from '../runner.ts';
import { ImportFailure } from './failure.ts';
import { copyRows, type ImportSession } from './session.ts';

/** What the files turned out to be; images and annotations lie in the session's temporary tables. */
export interface Reading {
  format: Format | null;
  taskType: TaskType | null;
  classes: ClassDefinition[];
  analysis: z.infer<typeof analysis>;
  report: Report;
}

/** Detects the format and reads every annotation into `read_images`, `read_roles` and `read_annotations`. */
export async function readDataset(
  session: ImportSession,
  source: DatasetSource,
  what: { importId: string; options: ImportOptions; numImages: number },
  run: JobRun,
): Promise<Reading> {
  await createTables(session);
  const report = new ReportBuilder();
  await addReceivingIssues(session, what.importId, report);
  const listing = await summarise(source.files());
  const candidates = await detectFormats(source, listing);
  const format = chooseFormat(candidates, what.options);
  const reader = format === null ? undefined : readerOf(format);
  let classes: ClassDefinition[] = [];
  let taskType: TaskType | null = null;
  if (reader) {
    const batches = reader.read(source, listing, report);
    let seen = 0;
    for (;;) {
      const step = await batches.next();
      run.signal.throwIfAborted();
      if (step.done) {
        ({ classes, taskType } = step.value);
        break;
      }
      await keepBatch(session, step.value.images, step.value.roles);
      seen += step.value.images.length;
      run.progress(
        80 + 14 * Math.min(1, seen / Math.max(1, listing.numImages * 2)),
        `Reading annotations (${reader.format})`,
      );
    }
  }
  await addUnusedFiles(session, format, report);
  return { format, taskType, classes, analysis: { format, candidates }, report: report.build() };
}

async function createTables({ sql }: ImportSession): Promise<void> {
  await sql.unsafe(`
    drop table if exists read_images, read_roles, read_annotations;
    create temp table read_images (path text collate "C", split text, class_name text, is_labeled boolean);
    create temp table read_roles (path text collate "C", kind text, split text);
    create temp table read_annotations (ordinal bigint generated always as identity, path text collate "C",
      class_index int, type text, geometry jsonb, attributes jsonb);`);
}

function chooseFormat(candidates: readonly Candidate[], options: ImportOptions): Format | null {
  const hint = options.formatHint;
  if (hint === undefined) return candidates[0]?.format ?? null;
  if (!readerOf(hint)) {
    throw new ImportFailure(
      'format_not_readable',
      `The format "${hint}" can not be read yet. Leave the format out to keep the files as they are.`,
    );
  }
  return hint;
}

async function keepBatch(
  { sql }: ImportSession,
  images: readonly ImageRecord[],
  roles: readonly { path: string; kind: string; split: string | null }[],
): Promise<void> {
  await copyRows(
    sql,
    'read_images',
    ['path', 'split', 'class_name', 'is_labeled'],
    images.map((image) => [image.path, image.split, image.className, image.isLabeled]),
  );
  await copyRows(
    sql,
    'read_roles',
    ['path', 'kind', 'split'],
    roles.map((role) => [role.path, role.kind, role.split]),
  );
  const annotations = images.flatMap((image) =>
    image.annotations.map(({ classIndex, type, geometry, attributes }) => [
      image.path,
      classIndex,
      type,
      JSON.stringify(geometry),
      toJsonb(attributes),
    ]),
  );
  await copyRows(sql, 'read_annotations', ['path', 'class_index', 'type', 'geometry', 'attributes'], annotations);
}

/** jsonb holds neither NUL nor lone surrogates; JSON.stringify writes both as escapes, which become U+FFFD. */
function toJsonb(value: unknown): string {
  return JSON.stringify(value).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\\ufffd');
}

async function addReceivingIssues({ sql }: ImportSession, importId: string, report: ReportBuilder): Promise<void> {
  const rows = await sql<{ code: string; path: string; detail: string; total: number }[]>`
    select code, path, detail, total::float8 as total from (
      select code, path, detail, count(*) over (partition by code) as total,
        row_number() over (partition by code order by upload, entry) as n
      from import_issues where import_id = ${importId}) ranked where n <= 100 order by code, n`;
  for (const [code, examples] of Map.groupBy(rows, (row) => row.code)) {
    if (!isIssueCode(code)) continue;
    const total = examples[0]?.total ?? examples.length;
    examples.forEach(({ path, detail }, i) => {
      report.add(code, { path, detail }, i === 0 ? total - examples.length + 1 : 1);
    });
  }
}

async function addUnusedFiles({ sql }: ImportSession, format: Format | null, report: ReportBuilder): Promise<void> {
  if (format === null) return;
  const rows = await sql<{ path: string; size: number; total: number }[]>`
    select path, size::float8 as size, (count(*) over ())::float8 as total from listing l
    where kind = 'other' and not exists (select 1 from read_roles r where r.path = l.path) order by path limit 100`;
  rows.forEach(({ path, size, total }, i) => {
    const detail =
      size > MAX_TEXT_BYTES && /\.(txt|xml|ya?ml)$/i.test(path)
        ? `${size.toLocaleString('en')} bytes are too many for a label file`
        : undefined;
    report.add('unused_file', { path, ...(detail ? { detail } : {}) }, i === 0 ? total - rows.length + 1 : 1);
  });
}
