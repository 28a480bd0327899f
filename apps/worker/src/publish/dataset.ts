import { areaOf } from '@granary/core/annotations/geometry';
import type { PublishTarget } from '@granary/core/annotations/publish-format';
import { LABELED_STATES } from '@granary/db';
import {
  type Annotation,
  extentOf,
  type Format,
  type ImageRecord,
  splitOf,
  type WritableDataset,
} from '@granary/formats';
import { z } from 'zod';
import type { DatasetSession } from '../session.ts';
import { folderOfSplit, placeIn } from './places.ts';

const PAGE = 500;

interface ImageRow {
  id: number;
  path: string;
  width: number | null;
  height: number | null;
  problem: string | null;
  old_split: string | null;
  split: string | null;
  class_name: string | null;
  source: Record<string, unknown> | null;
  state: string | null;
  is_edited: boolean;
}

interface AnnotationRow {
  file_id: number;
  class_name: string | null;
  type: Annotation['type'];
  geometry: unknown;
  attributes: Record<string, unknown>;
}

/** An image as a writer gets it, and whether its labels are written anew. */
export type PublishedImage = ImageRecord & {
  isEdited: boolean;
  /** Where an image lies that gets another folder, and its label. */
  movedFrom?: string;
  oldLabel?: string;
};

export interface Published {
  session: DatasetSession;
  datasetId: string;
  target: PublishTarget;
  /** Whether images change their splits. */
  isMoving: boolean;
  /** All classes as they will be. */
  classes: WritableDataset['classes'];
}

/** The dataset as it will be with the edits of `expected_images` and `expected_annotations`, or its edited images only. */
export function publishedDataset(
  published: Published,
  isOnlyEdited: boolean,
): Omit<WritableDataset, 'images'> & { images(): AsyncGenerator<PublishedImage[]> } {
  const { session, datasetId, target, classes } = published;
  const { sql } = session;
  const indexOf = new Map(classes.map(({ name }, index) => [name, index]));

  async function* images(): AsyncGenerator<PublishedImage[]> {
    const places = await placesOfSplits(published);
    let after = '';
    for (;;) {
      const rows = await sql<ImageRow[]>`
        select f.id::float8 as id, f.path, f.width, f.height, f.problem, f.split as old_split, coalesce(x.split, f.split) as split, f.class_name, f.source,
          coalesce(x.state, s.state) as state, x.file_id is not null as is_edited
        from dataset_files f ${isOnlyEdited ? sql`join` : sql`left join`} expected_images x on x.file_id = f.id
        left join image_annotation_status s on s.file_id = f.id and s.removed_in is null
        where f.dataset_id = ${datasetId} and f.kind = 'image' and f.removed_in is null and f.path > ${after}
          and f.id not in (select id from removed_images)
        order by f.path limit ${PAGE}`;
      const byFile = await annotationsOf(rows);
      if (rows.length > 0) yield rows.map((row) => imageOf(row, byFile.get(row.id) ?? [], places));
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.path ?? '';
    }
  }

  async function annotationsOf(images: readonly ImageRow[]): Promise<Map<number, AnnotationRow[]>> {
    const edited = images.filter(({ is_edited }) => is_edited).map(({ id }) => id);
    const others = images.filter(({ is_edited }) => !is_edited).map(({ id }) => id);
    const rows = await sql<AnnotationRow[]>`
      (select file_id::float8 as file_id, class_name, type, geometry, attributes from expected_annotations
        where file_id = any(${edited}::bigint[]) order by file_id, n)
      union all
      (select a.file_id::float8, c.name, a.type, a.geometry, a.attributes from annotations a
        left join annotation_classes c on c.id = a.class_id and c.removed_in is null
        where a.file_id = any(${others}::bigint[]) and a.removed_in is null order by a.file_id, a.id)`;
    return Map.groupBy(rows, ({ file_id }) => file_id);
  }

  function imageOf(row: ImageRow, rows: readonly AnnotationRow[], places: Places): PublishedImage {
    const { path, width, height, problem, split, class_name, state, is_edited } = row;
    const annotations = rows.map(({ class_name, type, geometry, attributes }) => {
      const classIndex = class_name === null ? null : (indexOf.get(class_name) ?? null);
      const annotation = { type, geometry, attributes, classIndex } as Annotation;
      return is_edited ? asIn(target.format, annotation) : annotation;
    });
    const source = sourceOf(row, target, places);
    const place = movedPlace(row, target, places);
    const label = source?.label ?? source?.file;
    const isMoving = place !== null && place(path) !== path;
    return {
      ...(isMoving ? { movedFrom: path, ...(typeof label === 'string' ? { oldLabel: label } : {}) } : {}),
      path: isMoving ? place(path) : path,
      width,
      height,
      problem,
      split,
      className: class_name,
      isLabeled: LABELED_STATES.some((labeled) => labeled === state),
      ...(source ? { source: isMoving ? movedSource(source, target, place) : source } : {}),
      annotations,
      isEdited: is_edited,
    };
  }

  const { format, isConversion, taskType } = target;
  const source = published.isMoving && format === 'csv' ? withSplitColumn(target.source) : target.source;
  return { format: isConversion ? null : format, taskType, classes, source, images };
}

interface Places {
  /** By split, '' for none: the file that most of its images are in. */
  files: ReadonlyMap<string, string>;
  /** By split: the path of an image of it. */
  examples: ReadonlyMap<string, string>;
}

/** In formats of a file for many images, one that had no labels goes into the file of the others of its split. */
async function placesOfSplits({ session: { sql }, datasetId, target }: Published): Promise<Places> {
  if (target.isConversion) return { files: new Map(), examples: new Map() };
  const rows = await sql<{ split: string | null; file: string | null; example: string }[]>`
    select distinct on (split) split, file, example from (
      select split, source->>'file' as file, count(*) as images, min(path) as example from dataset_files
      where dataset_id = ${datasetId} and kind = 'image' and removed_in is null group by 1, 2) known
    order by split, file is null, images desc`;
  return {
    files: new Map(rows.flatMap(({ split, file }) => (file === null ? [] : [[split ?? '', file]]))),
    examples: new Map(rows.map(({ split, example }) => [split ?? '', example])),
  };
}

/** How an image gets into another split where folders say the splits; null where files of the format say them. */
function movedPlace(
  { split, old_split: from, path }: ImageRow,
  target: PublishTarget,
  { files, examples }: Places,
): ((path: string) => string) | null {
  if (split === null || split === from || target.isConversion) return null;
  const { lists, imageSets } = target.source;
  if ((Array.isArray(lists) && lists.length > 0) || typeof imageSets === 'string') return null;
  if (HAVE_FILES_FOR_ALL.has(target.format)) {
    const isByFile = files.get(split) !== files.get(from ?? '');
    if (isByFile || splitOf(path) !== from || target.format === 'csv' || target.format === 'classification_csv')
      return null;
  }
  const folder = folderOfSplit(split, examples.get(split));
  return (old) => placeIn(old, { from, to: split, folder });
}

/** The label of an image goes with it; a file that many share stays. */
const movedSource = (
  source: Record<string, unknown>,
  { format }: PublishTarget,
  place: (path: string) => string,
): Record<string, unknown> => ({
  ...source,
  ...(typeof source.label === 'string' ? { label: place(source.label) } : {}),
  ...(typeof source.file === 'string' && !HAVE_FILES_FOR_ALL.has(format) ? { file: place(source.file) } : {}),
});

/** Tables of boxes that say no splits get a column for them. */
function withSplitColumn(source: Record<string, unknown>): Record<string, unknown> {
  const tables = csvTables.safeParse(source.tables).data;
  if (!tables) return source;
  const extended = tables.map((table) =>
    !table.columns.hasHeader || (table.columns.split ?? -1) >= 0
      ? table
      : { ...table, titles: [...table.titles, 'split'], columns: { ...table.columns, split: table.titles.length } },
  );
  return { ...source, tables: extended };
}

const csvTables = z.array(
  z.looseObject({
    titles: z.array(z.string()),
    columns: z.looseObject({ hasHeader: z.boolean(), split: z.number().nullish() }),
  }),
);

const HAVE_FILES_FOR_ALL: ReadonlySet<Format> = new Set<Format>([
  'coco',
  'dice',
  'csv',
  'cvat',
  'label_studio',
  'createml',
  'via',
  'datumaro',
  'classification_csv',
  'hf_metadata',
]);

function sourceOf(
  { source, split, old_split, is_edited }: ImageRow,
  { format, isConversion }: PublishTarget,
  { files }: Places,
): Record<string, unknown> | null {
  if (isConversion) return null;
  if (!is_edited || !HAVE_FILES_FOR_ALL.has(format)) return source;
  const isMoving = split !== old_split && format !== 'csv' && format !== 'classification_csv';
  if (source?.file !== undefined && !isMoving) return source;
  const { file: _, ...others } = source ?? {};
  const file = files.get(split ?? '');
  return file === undefined ? others : { ...others, file };
}

/** What tools of the format expect of every annotation, where an edit does not say it. */
function asIn(format: Format, annotation: Annotation): Annotation {
  if (format !== 'coco' && format !== 'dice') return annotation;
  const { geometry, attributes } = annotation;
  const box = 'box' in geometry && geometry.box === null ? { box: extentOf(annotation) } : {};
  const area = attributes.area ?? areaOf(annotation);
  const isShape = area !== null || 'box' in geometry;
  return {
    ...annotation,
    geometry: { ...geometry, ...box },
    attributes: {
      ...attributes,
      ...(area === null ? {} : { area }),
      ...(isShape ? { iscrowd: attributes.iscrowd ?? 0 } : {}),
    },
  } as Annotation;
}
