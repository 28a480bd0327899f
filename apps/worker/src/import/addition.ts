import { isDeepStrictEqual } from 'node:util';
import type { ImportOptions } from '@granary/core/imports/options';
import { analysis, report } from '@granary/core/imports/schemas';
import {
  type ClassDefinition,
  type DatasetSource,
  FORMATS,
  type Format,
  isIssueCode,
  ReportBuilder,
  readerOf,
  type TaskType,
} from '@granary/formats';
import type { z } from 'zod';
import type { JobRun } from '../runner.ts';
import type { DatasetSession } from '../session.ts';
import { addReceivingIssues, keepAll, RECEIVING_ISSUES, type Reading } from './read.ts';
import type { Changes } from './source.ts';

/** A dataset that images join, as its last import left it. */
export interface Joined {
  format: Format;
  taskType: TaskType | null;
  classes: ClassDefinition[];
  source: Record<string, unknown>;
  isLabeled: boolean;
  analysis: z.infer<typeof analysis>;
  report: z.infer<typeof report>;
}

/** Findings after which a new image may change what is said of old ones, or the other way round. */
const UNSETTLED = [
  'unmatched_image',
  'ambiguous_image',
  'unplaced_annotation',
  'label_without_image',
  'listed_image_missing',
];
const MAX_FOLDERS = 1000;

/**
 * Tells whether what was staged only joins the dataset: new images (with label files of their own, where the format has
 * one for each) in folders that have some, in a dataset of which nothing is left to be found or repaired. Such images
 * are read by themselves, in a time that hardly grows with what is there. Null where all must be read again.
 */
export async function findAddition(
  session: DatasetSession,
  { importId, datasetId, labelsOnly, remove, isReverting }: Changes,
  { formatHint, repairs, classMap, newClasses }: ImportOptions,
): Promise<Joined | null> {
  if (labelsOnly || remove || isReverting || formatHint || (repairs?.length ?? 0) > 0) return null;
  if (newClasses || Object.keys(classMap ?? {}).length > 0) return null;
  const { sql } = session;
  const [last] = await sql<
    { format: string; task_type: TaskType | null; labeled: boolean; report: unknown; analysis: unknown }[]
  >`
    select d.format, d.task_type, d.labeled, i.report, i.analysis
    from datasets d join imports i on i.dataset_id = d.id and i.state = 'completed'
    where d.id = ${datasetId} and d.format is not null order by i.created_at desc limit 1`;
  const format = FORMATS.find((name) => name === last?.format);
  const isByImage = format !== undefined && readerOf(format)?.readsByImage === true;
  if (!last || !format || !readerOf(format)) return null;
  const told = report.safeParse(last.report).data;
  const found = analysis.safeParse(last.analysis).data;
  if (!told || found?.format !== format || told.repairs.length > 0) return null;
  if (told.issues.some(({ code }) => UNSETTLED.includes(code))) return null;
  if (!(await isOnlyNewImages(session, importId, datasetId, isByImage))) return null;
  if (!isByImage && (await hasEqualNames(session, importId, datasetId))) return null;
  const [project] = await sql<{ id: string; source: Record<string, unknown> }[]>`
    select id, source from annotation_projects where dataset_id = ${datasetId} and task_type = ${last.task_type ?? ''} and removed_in is null`;
  // Which image is in which set is written in files that do not know the new ones.
  if (last.labeled !== (project !== undefined) || project?.source.imageSets) return null;
  const classes = project
    ? await sql<
        ClassDefinition[]
      >`select name, source from annotation_classes where project_id = ${project.id} and removed_in is null order by index`
    : [];
  return {
    format,
    taskType: last.task_type,
    classes: [...classes],
    source: project?.source ?? {},
    isLabeled: last.labeled,
    analysis: found,
    report: told,
  };
}

async function isOnlyNewImages(
  { sql }: DatasetSession,
  importId: string,
  datasetId: string,
  mayHaveLabels: boolean,
): Promise<boolean> {
  const current = sql`from dataset_files f where f.dataset_id = ${datasetId} and f.removed_in is null`;
  const [obstacle] = await sql`
    select 1 from import_files s where s.import_id = ${importId} and (
      (s.kind <> 'image' and not (${mayHaveLabels} and s.path ~* '\\.txt$'))
      or exists (select 1 ${current} and f.path = s.path)
      or (s.kind = 'image' and exists (select 1 ${current} and f.sha256 = s.sha256))) limit 1`;
  if (obstacle) return false;
  const folders = await sql<{ folder: string }[]>`
    select distinct coalesce(substring(path from '^.*/'), '') as folder from import_files
    where import_id = ${importId} and kind = 'image' limit ${MAX_FOLDERS + 1}`;
  if (folders.length === 0 || folders.length > MAX_FOLDERS) return false;
  for (const { folder } of folders) {
    const [sibling] = await sql`
      select 1 ${current} and f.kind = 'image' and f.path > ${folder} and f.path < ${folder} || chr(1114111)
        and strpos(substr(f.path, ${folder.length + 1}), '/') = 0 limit 1`;
    if (!sibling) return false;
  }
  return true;
}

/** Whether a new image is called as one that is there: a file of annotations may name either. */
async function hasEqualNames({ sql }: DatasetSession, importId: string, datasetId: string): Promise<boolean> {
  const name = sql`lower(regexp_replace(path, '^.*/|\\.[^./]*$', '', 'g'))`;
  const [equal] = await sql`
    select 1 from (select ${name} as name from import_files where import_id = ${importId}) s
    join (select ${name} as name from dataset_files where dataset_id = ${datasetId} and removed_in is null and kind = 'image') f
    using (name) limit 1`;
  return equal !== undefined;
}

/** Reads the added images alone; null where they turn out to change what is said of the rest. */
export async function readAddition(
  session: DatasetSession,
  source: DatasetSource & { addedImages: DatasetSource['images'] },
  joined: Joined,
  importId: string,
  run: JobRun,
): Promise<Reading | null> {
  const { format, isLabeled } = joined;
  const builder = new ReportBuilder();
  await addReceivingIssues(session, importId, builder);
  for (const { code, count, examples } of joined.report.issues) {
    if (!isIssueCode(code) || RECEIVING_ISSUES.has(code)) continue;
    examples.forEach((example, i) => {
      builder.add(code, example, i === 0 ? count - examples.length + 1 : 1);
    });
  }
  const added = { images: source.addedImages, isLabeled };
  const read = await keepAll(session, source, { report: builder, formatHint: format, added }, () =>
    run.signal.throwIfAborted(),
  );
  const isByImage = readerOf(format)?.readsByImage === true;
  const isOfOneMind =
    !isByImage ||
    ((read.taskType === null || read.taskType === joined.taskType) &&
      read.classes.slice(0, joined.classes.length).every(({ name }, index) => name === joined.classes[index]?.name) &&
      isDeepStrictEqual(read.source, joined.source));
  const [unread] = await session.sql`
    select 1 from import_files s left join read_roles r on r.path = s.path
    where s.import_id = ${importId} and (case when s.kind = 'image' then r.path is not null else r.kind is distinct from 'label' end) limit 1`;
  if (!isOfOneMind || unread || read.report.repairs.length > 0) return null;
  return {
    format,
    taskType: joined.taskType,
    classes: read.classes.length > joined.classes.length ? read.classes : joined.classes,
    source: joined.source,
    repairs: [],
    analysis: joined.analysis,
    report: read.report,
    findings: builder,
    classMap: {},
    isAddition: true,
  };
}
