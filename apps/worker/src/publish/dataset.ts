import { areaOf } from '@granary/core/annotations/geometry';
import type { PublishTarget } from '@granary/core/annotations/publish-format';
import { LABELED_STATES } from '@granary/db';
import { type Annotation, extentOf, type Format, type ImageRecord, type WritableDataset } from '@granary/formats';
import type { DatasetSession } from '../session.ts';

const PAGE = 500;

interface ImageRow {
  id: number;
  path: string;
  width: number | null;
  height: number | null;
  problem: string | null;
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
export type PublishedImage = ImageRecord & { isEdited: boolean };

export interface Published {
  session: DatasetSession;
  datasetId: string;
  target: PublishTarget;
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
    const files = await filesOfSplits(published);
    let after = '';
    for (;;) {
      const rows = await sql<ImageRow[]>`
        select f.id::float8 as id, f.path, f.width, f.height, f.problem, coalesce(x.split, f.split) as split, f.class_name, f.source,
          coalesce(x.state, s.state) as state, x.file_id is not null as is_edited
        from dataset_files f ${isOnlyEdited ? sql`join` : sql`left join`} expected_images x on x.file_id = f.id
        left join image_annotation_status s on s.file_id = f.id and s.removed_in is null
        where f.dataset_id = ${datasetId} and f.kind = 'image' and f.removed_in is null and f.path > ${after}
        order by f.path limit ${PAGE}`;
      const byFile = await annotationsOf(rows);
      if (rows.length > 0) yield rows.map((row) => imageOf(row, byFile.get(row.id) ?? [], files));
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

  function imageOf(row: ImageRow, rows: readonly AnnotationRow[], files: ReadonlyMap<string, string>): PublishedImage {
    const { path, width, height, problem, split, class_name, state, is_edited } = row;
    const annotations = rows.map(({ class_name, type, geometry, attributes }) => {
      const classIndex = class_name === null ? null : (indexOf.get(class_name) ?? null);
      const annotation = { type, geometry, attributes, classIndex } as Annotation;
      return is_edited ? asIn(target.format, annotation) : annotation;
    });
    const source = sourceOf(row, target, files);
    return {
      path,
      width,
      height,
      problem,
      split,
      className: class_name,
      isLabeled: LABELED_STATES.some((labeled) => labeled === state),
      ...(source ? { source } : {}),
      annotations,
      isEdited: is_edited,
    };
  }

  const { format, isConversion, taskType, source } = target;
  return { format: isConversion ? null : format, taskType, classes, source, images };
}

/** In formats of a file for many images, one that had no labels goes into the file of the others of its split. */
async function filesOfSplits({ session: { sql }, datasetId, target }: Published): Promise<Map<string, string>> {
  if (target.isConversion) return new Map();
  const rows = await sql<{ split: string | null; file: string }[]>`
    select distinct on (split) split, file from (
      select split, source->>'file' as file, count(*) as images from dataset_files
      where dataset_id = ${datasetId} and kind = 'image' and removed_in is null and source->>'file' is not null group by 1, 2) known
    order by split, images desc`;
  return new Map(rows.map(({ split, file }) => [split ?? '', file]));
}

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
  { source, split, is_edited }: ImageRow,
  { format, isConversion }: PublishTarget,
  files: ReadonlyMap<string, string>,
): Record<string, unknown> | null {
  if (isConversion) return null;
  const isNew = is_edited && HAVE_FILES_FOR_ALL.has(format) && source?.file === undefined;
  const file = isNew ? files.get(split ?? '') : undefined;
  return file === undefined ? source : { ...source, file };
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
