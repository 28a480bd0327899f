import {
  annotationClasses,
  annotationProjects,
  annotations,
  type Database,
  datasetFiles,
  imageAnnotationStatus,
  imports,
} from '@granary/db';
import { and, asc, desc, eq, gt, isNotNull, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { escapeLike, mapPage, type Page, type PageInput, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { report } from '../imports/schemas.ts';
import type { AnnotationView, ImageView, imageName, listImageNamesInput, listImagesInput } from './schemas.ts';

/** Drawn on a gallery tile, at most. */
const ANNOTATIONS_PER_TILE = 500;

/** The images of the current tree in byte order of their paths. */
export async function listImages({ db }: Database, input: z.infer<typeof listImagesInput>): Promise<Page<ImageView>> {
  const hasIssue = input.issues === undefined ? undefined : await hasIssues(db, input.id);
  const found = await pageOfRows(
    db,
    input,
    z.tuple([z.string()]),
    (after, limit) =>
      selectImages(db)
        .where(
          and(
            isCurrentImage(input.id),
            ...filtersOf(input),
            hasIssue,
            after ? gt(datasetFiles.path, after[0]) : undefined,
          ),
        )
        .orderBy(asc(datasetFiles.path))
        .limit(limit),
    ({ path }) => [path],
  );
  const page = mapPage(found, viewOf);
  if (input.withAnnotations === 'true') await attachAnnotations(db, page.items);
  return page;
}

/** Names and sizes of all images, many at a time: what labels need to find theirs before they are sent. */
export async function listImageNames(
  { db }: Database,
  { id, ...asked }: z.infer<typeof listImageNamesInput>,
): Promise<Page<z.infer<typeof imageName>>> {
  const page = await pageOfRows(
    db,
    asked,
    z.tuple([z.string()]),
    (after, limit) =>
      selectImages(db)
        .where(and(isCurrentImage(id), after ? gt(datasetFiles.path, after[0]) : undefined))
        .orderBy(asc(datasetFiles.path))
        .limit(limit),
    ({ path }) => [path],
  );
  return mapPage(page, ({ path, width, height, status }) => ({
    path,
    width,
    height,
    isLabeled: status === 'completed',
  }));
}

/** One image with all of its annotations, and the paths' neighbours. @throws AppError `not_found` */
export async function getImage(
  { db }: Database,
  datasetId: string,
  fileId: number,
): Promise<ImageView & { previousId: number | null; nextId: number | null }> {
  const [row] = await selectImages(db).where(and(isCurrentImage(datasetId), eq(datasetFiles.id, fileId)));
  if (!row) throw new AppError('not_found', { message: 'The dataset has no such image.' });
  const neighbour = async (condition: SQL, order: SQL) => {
    const [found] = await db
      .select({ id: datasetFiles.id })
      .from(datasetFiles)
      .where(and(isCurrentImage(datasetId), condition))
      .orderBy(order)
      .limit(1);
    return found?.id ?? null;
  };
  return {
    ...viewOf(row),
    previousId: await neighbour(lt(datasetFiles.path, row.path), desc(datasetFiles.path)),
    nextId: await neighbour(gt(datasetFiles.path, row.path), asc(datasetFiles.path)),
  };
}

export async function listAnnotations(
  { db }: Database,
  input: PageInput & { fileId: number },
): Promise<Page<AnnotationView>> {
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.number()]),
    (after, limit) =>
      selectAnnotations(db)
        .where(
          and(
            eq(annotations.fileId, input.fileId),
            isNull(annotations.removedIn),
            after ? gt(annotations.id, after[0]) : undefined,
          ),
        )
        .orderBy(asc(annotations.id))
        .limit(limit),
    ({ id }) => [id],
  );
  return mapPage(page, annotationOf);
}

const isCurrentImage = (datasetId: string) =>
  and(eq(datasetFiles.datasetId, datasetId), eq(datasetFiles.kind, 'image'), isNull(datasetFiles.removedIn));

/** Images with a problem of their own, and those among the examples of the dataset's last report. */
async function hasIssues(db: Database['db'], datasetId: string): Promise<SQL | undefined> {
  const [last] = await db
    .select({ report: imports.report })
    .from(imports)
    .where(and(eq(imports.datasetId, datasetId), eq(imports.state, 'completed')))
    .orderBy(desc(imports.createdAt))
    .limit(1);
  const found = last?.report ? report.parse(last.report) : null;
  const paths = found?.issues.flatMap(({ examples }) => examples.flatMap(({ image }) => image ?? [])) ?? [];
  return or(
    isNotNull(datasetFiles.problem),
    sql`${datasetFiles.path} = any(${sql.param([...new Set(paths)])}::text[])`,
  );
}

function filtersOf(input: z.infer<typeof listImagesInput>): (SQL | undefined)[] {
  const isLabeled = sql`exists (select 1 from ${imageAnnotationStatus} s where s.file_id = ${datasetFiles.id} and s.state = 'completed')`;
  const isEmpty = sql`(${isLabeled} and not exists (
    select 1 from ${annotations} a where a.file_id = ${datasetFiles.id} and a.removed_in is null))`;
  return [
    input.empty === undefined ? undefined : input.empty === 'true' ? isEmpty : sql`not ${isEmpty}`,
    input.path === undefined ? undefined : eq(datasetFiles.path, input.path),
    input.split === undefined ? undefined : eq(datasetFiles.split, input.split),
    input.labeled === undefined ? undefined : input.labeled === 'true' ? isLabeled : sql`not ${isLabeled}`,
    input.search === undefined ? undefined : sql`${datasetFiles.path} ilike ${`%${escapeLike(input.search)}%`}`,
    input.class === undefined
      ? undefined
      : sql`exists (select 1 from ${annotations} a where a.file_id = ${datasetFiles.id} and a.removed_in is null
          and a.class_id = any(array(select c.id from ${annotationClasses} c join ${annotationProjects} p on p.id = c.project_id
            where p.dataset_id = ${input.id} and c.name = ${input.class})))`,
  ];
}

export function selectImages(db: Database['db']) {
  return db
    .select({
      id: datasetFiles.id,
      path: datasetFiles.path,
      size: datasetFiles.sizeBytes,
      sha256: datasetFiles.sha256,
      width: datasetFiles.width,
      height: datasetFiles.height,
      split: datasetFiles.split,
      className: datasetFiles.className,
      problem: datasetFiles.problem,
      status: imageAnnotationStatus.state,
    })
    .from(datasetFiles)
    .leftJoin(imageAnnotationStatus, eq(imageAnnotationStatus.fileId, datasetFiles.id));
}

export function viewOf(row: Awaited<ReturnType<ReturnType<typeof selectImages>['execute']>>[number]): ImageView {
  return { ...row, status: row.status ?? 'not_started' };
}

function selectAnnotations(db: Database['db']) {
  return db
    .select({
      id: annotations.id,
      fileId: annotations.fileId,
      type: annotations.type,
      classIndex: annotationClasses.index,
      className: annotationClasses.name,
      geometry: annotations.geometry,
      attributes: annotations.attributes,
      state: annotations.state,
      createdBy: annotations.createdBy,
      confirmedBy: annotations.confirmedBy,
      confirmedAt: annotations.confirmedAt,
    })
    .from(annotations)
    .leftJoin(annotationClasses, eq(annotationClasses.id, annotations.classId));
}

async function attachAnnotations(db: Database['db'], images: ImageView[]): Promise<void> {
  if (images.length === 0) return;
  const rows = await selectAnnotations(db)
    .where(
      and(
        sql`${annotations.fileId} = any(${sql.param(images.map((image) => image.id))}::bigint[])`,
        isNull(annotations.removedIn),
      ),
    )
    .orderBy(asc(annotations.fileId), asc(annotations.id))
    .limit(images.length * ANNOTATIONS_PER_TILE);
  const byImage = Map.groupBy(rows, (row) => row.fileId);
  for (const image of images) {
    image.annotations = (byImage.get(image.id) ?? []).slice(0, ANNOTATIONS_PER_TILE).map(annotationOf);
  }
}

const geometry = z.record(z.string(), z.unknown());

function annotationOf(
  row: Awaited<ReturnType<ReturnType<typeof selectAnnotations>['execute']>>[number],
): AnnotationView {
  const { fileId: _, ...annotation } = row;
  return {
    ...annotation,
    geometry: geometry.parse(row.geometry),
    confirmedAt: row.confirmedAt?.toISOString() ?? null,
  };
}
