import { Readable } from 'node:stream';
import { type Archive, type Entry, SMALL_BYTES } from '@granary/archives';
import { type PublishTarget, publishTargetOf } from '@granary/core/annotations/publish-format';
import { JobFailure } from '@granary/core/errors/failures';
import type { RequestOf } from '@granary/core/imports/kinds';
import { type ClassDefinition, type OutputFile, taskTypeOf, WRITABLE_FORMATS, writerOf } from '@granary/formats';
import { type ObjectStore, readStream } from '@granary/storage';
import type { Reading } from '../import/read.ts';
import { discardStaged } from '../import/settle.ts';
import type { DatasetSession } from '../session.ts';
import { applyChange } from './change.ts';
import { inOrder } from './classes.ts';
import { type Published, type PublishedImage, publishedDataset } from './dataset.ts';
import { expectEdits, expectImages } from './expect.ts';
import { takeEdits } from './take.ts';

/** Edits on their way into the files; the session's tables `taken_edits`, `expected_images` and `expected_annotations` have them. */
export interface Publication extends Published {
  target: PublishTarget;
  /** Whether classes, splits or the format change, which are said in other files than those of single images. */
  isDescriptive: boolean;
  /** Whether images change their files of labels, of which some may have none left. */
  isMoving: boolean;
  /** Images whose edits conflict with what an import did to them: they stay pending. */
  conflicts: string[];
  numImages: number;
}

interface Context {
  session: DatasetSession;
  store: ObjectStore;
  importId: string;
  datasetId: string;
}

/** Takes the edits, and forgets what an attempt before has staged; only the conflicts where there is nothing to publish. */
export async function preparePublication(
  { session, store, importId, datasetId }: Context,
  { format: chosen, change }: RequestOf<'publish'>['publish'],
): Promise<{ publication: Publication | null; conflicts: string[] }> {
  const { sql } = session;
  await discardStaged(sql, store, importId);
  await sql`update imports set resume_at = '{"upload": 0, "entry": 0}' where id = ${importId}`;
  const conflicts = await takeEdits(session, datasetId);
  const dataset = await datasetOf(session, datasetId);
  const known = await publishTargetOf({ sql }, dataset);
  const target =
    chosen && chosen !== dataset.format ? { ...known, format: chosen, isConversion: true, source: {} } : known;
  await expectEdits(session);
  const isConverting = chosen !== null && chosen !== dataset.format;
  if (isConverting) await expectImages(session, datasetId, sql`true`);
  const changed = change ? await applyChange({ session, datasetId, target: known }, change) : null;
  const [taken] = await sql<{ images: number; types: string[] }[]>`
    select count(*)::float8 as images, array(select distinct type from expected_annotations) as types from expected_images`;
  const numImages = taken?.images ?? 0;
  if (numImages === 0 && !isConverting && change === null) return { publication: null, conflicts };
  const classes = changed ?? known.classes.map(({ name, source }) => ({ name, source }));
  const added = await newClasses(session, classes);
  const types = new Set(taken?.types as Parameters<typeof taskTypeOf>[0] extends ReadonlySet<infer T> ? T[] : never);
  const publication: Publication = {
    session,
    datasetId,
    target: { ...target, taskType: target.taskType ?? taskTypeOf(types) },
    classes: [...classes, ...added],
    isDescriptive: added.length > 0 || target.isConversion || change !== null,
    isMoving: change?.what === 'splits' || change?.what === 'images',
    conflicts,
    numImages,
  };
  return { publication, conflicts };
}

async function datasetOf({ sql }: DatasetSession, id: string) {
  const [row] = await sql<
    { revision: number; format: string | null; taskType: string | null; config: Record<string, unknown> }[]
  >`select revision, format, task_type as "taskType", config from datasets where id = ${id}`;
  if (!row) throw new JobFailure('dataset_deleted', 'The dataset was deleted in the meantime.');
  return { id, ...row };
}

async function newClasses({ sql }: DatasetSession, classes: readonly ClassDefinition[]) {
  const rows = await sql<{ name: string }[]>`
    select class_name as name from expected_annotations where class_name is not null
      and class_name <> all(${classes.map(({ name }) => name)}::text[])
    group by class_name order by min(id)`;
  return rows.map(({ name }) => ({ name, source: {} }));
}

/** The label files that say the edits, as if they were uploaded. */
export function publishedArchive(publication: Publication, store: ObjectStore): Archive {
  return {
    position: () => 0,
    async *entries() {
      let index = 0;
      for await (const file of changedFiles(publication)) {
        const content = await contentOf(publication, store, file);
        if (content) yield { index: index++, name: file.path, type: 'file', ...content };
      }
      if (publication.target.isConversion) await closeLabels(publication);
    },
  };
}

/** The files that a writer makes and that may differ from those that there are. */
async function* changedFiles(publication: Publication): AsyncGenerator<OutputFile> {
  const { session, target, isDescriptive } = publication;
  const writer = writerOf(target.format);
  if (!writer)
    throw new JobFailure(
      'format_not_writable',
      `Labels cannot be written as ${target.format}. Choose one of ${WRITABLE_FORMATS.join(', ')}.`,
    );
  const isByImage = writer.writesByImage === true;
  const dataset = publishedDataset(publication, isByImage && !isDescriptive);
  const states = new Map<string, { isEdited: boolean; isLabeled: boolean }>();
  const moved = new Map<string, PublishedImage>();
  // Writers name the label file of an image only where it has labels: one that has none any more is named, and goes.
  async function* images() {
    for await (const batch of dataset.images()) {
      states.clear();
      moved.clear();
      yield batch.map((image) => {
        if (image.movedFrom !== undefined) moved.set(image.path, image);
        states.set(image.path, {
          isEdited: image.isEdited,
          isLabeled: image.isLabeled || image.annotations.length > 0,
        });
        return isByImage && image.isEdited ? { ...image, isLabeled: true } : image;
      });
    }
  }
  const written = new Set<string>();
  for await (const file of writer.write({ ...dataset, images })) {
    if (!isByImage && !('copyOf' in file)) written.add(file.path);
    if ('copyOf' in file) {
      const image = moved.get(file.copyOf);
      if (image?.movedFrom !== undefined) {
        if (image.oldLabel !== undefined && isByImage) await close(session, publication.datasetId, image.oldLabel);
        yield { path: file.path, copyOf: image.movedFrom };
      } else if (file.path !== file.copyOf) yield file;
      continue;
    }
    const of = 'of' in file ? file.of : undefined;
    const image = of === undefined ? undefined : states.get(of);
    if (isByImage && !isDescriptive && !image) continue;
    if (image && !image.isEdited && !target.isConversion) continue;
    if (image && !image.isLabeled) await close(session, publication.datasetId, file.path);
    else yield file;
  }
  if (!isByImage && publication.isMoving) await closeLabels(publication, [...written]);
}

async function close({ sql }: DatasetSession, datasetId: string, path: string): Promise<void> {
  await sql`insert into closing_files select id from dataset_files
    where dataset_id = ${datasetId} and path = ${path} and removed_in is null`;
}

async function contentOf(
  { session, datasetId }: Publication,
  store: ObjectStore,
  file: OutputFile,
): Promise<Pick<Entry, 'sizeBytes' | 'load' | 'open'> | null> {
  if ('bytes' in file) return { sizeBytes: file.bytes.length, load: async () => Buffer.from(file.bytes), open: null };
  if ('copyOf' in file) {
    const [row] = await session.sql<{ storage_key: string; size: number }[]>`
      select storage_key, size::float8 as size from dataset_files
      where dataset_id = ${datasetId} and path = ${file.copyOf} and removed_in is null`;
    if (!row) return null;
    await close(session, datasetId, file.copyOf);
    await session.sql`update expected_images set path = ${file.path} where path = ${file.copyOf}`;
    const open = () => store.get(row.storage_key);
    if (row.size > SMALL_BYTES) return { sizeBytes: row.size, load: null, open };
    return { sizeBytes: row.size, load: async () => readStream(await open()), open: null };
  }
  if (file.of === undefined)
    return {
      sizeBytes: SMALL_BYTES + 1,
      load: null,
      open: async () => Readable.from(file.text, { objectMode: false }),
    };
  const parts: string[] = [];
  for await (const part of file.text) parts.push(part);
  const bytes = Buffer.from(parts.join(''));
  return { sizeBytes: bytes.length, load: async () => bytes, open: null };
}

/** The label files of the format before go, unless others take their places. */
async function closeLabels(
  { session: { sql }, datasetId }: Publication,
  staying: readonly string[] = [],
): Promise<void> {
  await sql`insert into closing_files select id from dataset_files
    where dataset_id = ${datasetId} and kind in ('label', 'annotation') and removed_in is null and path <> all(${[...staying]}::text[])`;
}

const MOST_NAMED = 3;

/**
 * What was read of the files with the edits in them, in the order of the dataset's classes.
 *
 * @throws JobFailure `publish_differs` where the files do not say what was edited: the edits stay pending then
 */
export async function checkPublication(publication: Publication, reading: Reading): Promise<Reading> {
  const { session, target, classes } = publication;
  const { sql } = session;
  const ordered = await inOrder(session, reading, classes);
  const names = ordered.classes.map(({ name }) => name);
  const differing = target.isConversion
    ? []
    : await sql<{ path: string }[]>`
    with want as (
      select x.path, e.class_name, e.type, count(*) as n from expected_annotations e join expected_images x using (file_id) group by 1, 2, 3),
    have as (
      select a.path, c.name as class_name, a.type, count(*) as n from read_annotations a join expected_images x using (path)
      left join unnest(${names}::text[]) with ordinality c(name, n) on c.n = a.class_index + 1 group by 1, 2, 3)
    select distinct path from ((select * from want except select * from have) union all (select * from have except select * from want)) d
    order by path limit ${MOST_NAMED}`;
  const elsewhere = await sql<{ path: string }[]>`
    select x.path from expected_images x left join read_images i on i.path = x.path
    where x.split is not null and i.split is distinct from x.split order by 1 limit ${MOST_NAMED}`;
  if (ordered.format !== target.format || differing.length > 0 || elsewhere.length > 0) {
    const example = [...differing, ...elsewhere].map(({ path }) => path).join(', ') || 'all images';
    throw new JobFailure(
      'publish_differs',
      `Written as ${target.format}, the files would not say what was edited (${example}), so nothing was published. Convert the labels to COCO, which holds all of it.`,
    );
  }
  return ordered;
}
