import { JobFailure } from '@granary/core/errors/failures';

import type { ImportOptions } from '@granary/core/imports/options';
import type { analysis } from '@granary/core/imports/schemas';
import {
  type AnalyseOptions,
  type Analysis,
  analyse,
  type ClassDefinition,
  type DatasetSource,
  type Format,
  type ImageRecord,
  type IssueCode,
  isIssueCode,
  type Override,
  type RepairCode,
  type Report,
  ReportBuilder,
  readerOf,
  type TaskType,
} from '@granary/formats';
import type { CsvOptions } from '@granary/tables';
import type { z } from 'zod';
import type { JobRun } from '../runner.ts';
import { copyRows, type DatasetSession } from '../session.ts';

/** What the files turned out to be; images and annotations lie in the session's temporary tables. */
export interface Reading {
  format: Format | null;
  taskType: TaskType | null;
  classes: ClassDefinition[];
  source: Record<string, unknown>;
  /** Those that were applied, and will be whenever the dataset is read again. */
  repairs: readonly RepairCode[];
  analysis: z.infer<typeof analysis>;
  report: Report;
  /** What the report was built of, for findings that come later. */
  findings: ReportBuilder;
  /** How CSV files are read, now and whenever the dataset is read again. */
  csv?: CsvOptions | null;
  /** What classes of the files are called in the dataset, where they have another name there. */
  classMap: Record<string, string>;
  /** What newer labels stand over; undefined where it stays as it is. */
  overrides?: readonly Override[];
  /** Only what was staged has been read: all else stays as it is. */
  isAddition: boolean;
}

/** Findings of how files were received, not of what they say. */
export const RECEIVING_ISSUES: ReadonlySet<IssueCode> = new Set<IssueCode>([
  'unsafe_path',
  'not_a_file',
  'name_too_long',
  'duplicate_entry',
  'path_conflict',
  'reserved_name',
  'not_a_label',
  'kept_existing',
  'skipped_junk',
  'nested_archive',
  'image_unreadable',
  'image_truncated',
  'image_too_large',
  'image_rotated',
]);

/** Detects the format and reads every annotation into `read_images`, `read_roles` and `read_annotations`. */
export async function readDataset(
  session: DatasetSession,
  source: DatasetSource,
  what: { importId: string; options: ImportOptions; numImages: number; overrides: readonly Override[] },
  run: JobRun,
): Promise<Reading> {
  const report = new ReportBuilder();
  await addReceivingIssues(session, what.importId, report);
  const options = { report, overrides: what.overrides, ...chosenOptions(what.options) };
  const { format, taskType, classes, confidence, candidates, ...read } = await keepAll(
    session,
    source,
    options,
    (seen) => {
      run.signal.throwIfAborted();
      run.progress(80 + 14 * Math.min(1, seen / Math.max(1, what.numImages * 2)), 'reading');
    },
  );
  return {
    format,
    taskType,
    classes,
    source: read.source,
    repairs: what.options.repairs ?? [],
    analysis: { format, confidence, candidates },
    report: read.report,
    findings: report,
    csv: what.options.csv ?? null,
    classMap: {},
    overrides: what.overrides,
    isAddition: false,
  };
}

/** Analyses, and keeps in the session's tables what is found. @param onImages is told how many images were read */
export async function keepAll(
  session: DatasetSession,
  source: DatasetSource,
  options: AnalyseOptions,
  onImages: (seen: number) => void,
): Promise<Analysis> {
  await createTables(session);
  const batches = analyse(source, options);
  let seen = 0;
  for (;;) {
    const step = await batches.next();
    onImages(seen);
    if (step.done) return step.value;
    await keepBatch(session, step.value.images, step.value.roles);
    seen += step.value.images.length;
  }
}

async function createTables({ sql }: DatasetSession): Promise<void> {
  await sql.unsafe(`
    drop table if exists read_images, read_roles, read_annotations;
    create temp table read_images (path text collate "C", split text, class_name text, is_labeled boolean,
      is_lost boolean, source jsonb, origin text collate "C");
    create temp table read_roles (path text collate "C", kind text, split text);
    create temp table read_annotations (ordinal bigint generated always as identity, path text collate "C",
      class_index int, type text, geometry jsonb, attributes jsonb, is_draft boolean);`);
}

function chosenOptions({ formatHint, repairs }: ImportOptions): AnalyseOptions {
  if (formatHint !== undefined && !readerOf(formatHint)) {
    throw new JobFailure(
      'format_not_readable',
      `The format "${formatHint}" cannot be read. Leave the format out to have it detected.`,
    );
  }
  return { formatHint, repairs: new Set(repairs) };
}

async function keepBatch(
  { sql }: DatasetSession,
  images: readonly ImageRecord[],
  roles: readonly { path: string; kind: string; split: string | null }[],
): Promise<void> {
  await copyRows(
    sql,
    'read_images',
    ['path', 'split', 'class_name', 'is_labeled', 'is_lost', 'source', 'origin'],
    images.map(({ path, split, className, isLabeled, areLabelsLost = false, source, origin }) => [
      path,
      split,
      className,
      isLabeled,
      areLabelsLost,
      source ? toJsonb(source) : null,
      origin?.path ?? null,
    ]),
  );
  await copyRows(
    sql,
    'read_roles',
    ['path', 'kind', 'split'],
    roles.map((role) => [role.path, role.kind, role.split]),
  );
  const annotations = images.flatMap((image) =>
    image.annotations.map(({ classIndex, type, geometry, attributes, isDraft = false }) => [
      image.path,
      classIndex,
      type,
      toJsonb(geometry),
      toJsonb(attributes),
      isDraft,
    ]),
  );
  await copyRows(
    sql,
    'read_annotations',
    ['path', 'class_index', 'type', 'geometry', 'attributes', 'is_draft'],
    annotations,
  );
}

/** jsonb holds neither NUL nor lone surrogates; JSON.stringify writes both as escapes, which become U+FFFD. */
function toJsonb(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes('\\u') ? text.replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\\ufffd') : text;
}

export async function addReceivingIssues(
  { sql }: DatasetSession,
  importId: string,
  report: ReportBuilder,
): Promise<void> {
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
