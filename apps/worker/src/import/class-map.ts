import { createHash } from 'node:crypto';
import { JobFailure } from '@granary/core/errors/failures';

import type { ImportOptions } from '@granary/core/imports/options';
import { mimeOf, withMoreClasses } from '@granary/formats';
import { keys, type ObjectStore, readStream } from '@granary/storage';
import { takeFileId } from '../file-ids.ts';
import type { DatasetSession } from '../session.ts';
import type { Reading } from './read.ts';

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** What becomes of the class numbers in labels that are added; see docs/decisions/014-class-mapping.md. */
export interface Numbering {
  /** By the number in the added labels: that in the dataset. */
  ids: number[];
  /** Names of the dataset's classes, and behind them those that are new. */
  known: number;
  added: string[];
  /** The file of the dataset that names its classes. */
  configPath: string;
}

/** Null where labels say their classes by name, or nothing was asked for. @throws JobFailure */
export async function numberingOf(
  { sql }: DatasetSession,
  datasetId: string,
  { newClasses, classMap = {}, labelsOnly, replaceAll }: ImportOptions,
  keptMap: Record<string, string>,
): Promise<Numbering | null> {
  if (!newClasses || (labelsOnly && replaceAll)) return null;
  const [dataset] = await sql<{ format: string | null; class_names: string[]; path: string | null }[]>`
    select d.format, d.class_names, (select p.source->'config'->>'path' from annotation_projects p
      where p.dataset_id = d.id and p.task_type = d.task_type and p.removed_in is null) as path
    from datasets d where id = ${datasetId}`;
  if (dataset?.format !== 'yolo' || !dataset.path) return null;
  if (Object.keys(keptMap).length > 0) {
    throw new JobFailure(
      'classes_renamed',
      'The classes of this dataset have different names than in its files, so their numbers are unknown. First import with a classMap that maps each class to itself.',
    );
  }
  const names = [...dataset.class_names];
  const ids = newClasses.map((name) => {
    const target = classMap[name] ?? name;
    const known = names.indexOf(target);
    return known >= 0 ? known : names.push(target) - 1;
  });
  const known = dataset.class_names.length;
  return { ids, known, added: names.slice(known), configPath: dataset.path };
}

/** Whether a file describes the dataset as a whole: what comes with renumbered labels would say other numbers. */
export const namesClasses = (path: string): boolean =>
  /\.(ya?ml|names|data)$/i.test(path) || /(^|\/)(classes|labels|predefined_classes)\.txt$/i.test(path);

/** Stages the file that names the classes anew, with those that are added; a second run leaves the first one's. */
export async function stageClassNames(
  { sql }: DatasetSession,
  store: ObjectStore,
  { importId, datasetId }: { importId: string; datasetId: string },
  { added, known, configPath }: Numbering,
): Promise<void> {
  if (added.length === 0) return;
  const [staged] = await sql`select 1 from import_files where import_id = ${importId} and path = ${configPath}`;
  if (staged) return;
  const [file] = await sql<{ storage_key: string; kind: string }[]>`
    select storage_key, kind from dataset_files where dataset_id = ${datasetId} and path = ${configPath} and removed_in is null`;
  const before = file ? (await readStream(await store.get(file.storage_key), MAX_CONFIG_BYTES)).toString() : '';
  const text = file ? withMoreClasses(configPath, before, known, added) : null;
  if (text === null) {
    throw new JobFailure(
      'classes_not_addable',
      `New classes cannot be added to ${configPath}: it does not list their names. Map them to classes of the dataset, or replace that file first.`,
    );
  }
  const id = await takeFileId(sql);
  const key = keys.incoming(importId, id);
  const bytes = Buffer.from(text);
  await sql`insert into import_objects (import_id, key) values (${importId}, ${key}) on conflict do nothing`;
  await store.put(key, bytes, { contentType: mimeOf(configPath) });
  await sql`insert into import_files (import_id, id, path, size, sha256, mime, kind, storage_key, content)
    values (${importId}, ${id}, ${configPath}, ${bytes.length}, ${createHash('sha256').update(bytes).digest('hex')},
      ${mimeOf(configPath)}, 'other', ${key}, ${text})`;
}

/** What was read, with classes called as the map says; those that come to the same name are one. */
export async function mergeClasses(
  { sql }: DatasetSession,
  reading: Reading,
  classMap: Record<string, string>,
): Promise<Reading> {
  const classes: Reading['classes'] = [];
  const indices = reading.classes.map(({ name, source }) => {
    const target = Object.hasOwn(classMap, name) ? (classMap[name] ?? name) : name;
    if (target === name && !Object.values(classMap).includes(name)) return classes.push({ name, source }) - 1;
    const known = classes.findIndex((other) => other.name === target);
    return known >= 0 ? known : classes.push({ name: target, source }) - 1;
  });
  const moved = indices.flatMap((to, from) => (to === from ? [] : [{ from, to }]));
  if (moved.length > 0) {
    await sql`update read_annotations a set class_index = m."to"
      from unnest(${moved.map(({ from }) => from)}::int[], ${moved.map(({ to }) => to)}::int[]) m("from", "to") where a.class_index = m."from"`;
  }
  const renamed = Object.entries(classMap);
  if (renamed.length > 0) {
    await sql`update read_images i set class_name = m."to"
      from unnest(${renamed.map(([from]) => from)}::text[], ${renamed.map(([, to]) => to)}::text[]) m("from", "to") where i.class_name = m."from"`;
  }
  return { ...reading, classes, classMap };
}
