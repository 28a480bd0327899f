import { annotationClasses, annotations, type Database, datasetFiles, imageAnnotationStatus } from '@granary/db';
import { and, asc, desc, eq, gt, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { mapPage, type Page, type PageInput, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { requireFile } from '../files/files.ts';
import { conditionOf } from '../queries/condition.ts';
import { readQuery } from '../queries/input.ts';
import { type Query, term } from '../queries/query.ts';
import { type At, isAt } from '../revisions/at.ts';
import { revisionAt } from '../revisions/refs.ts';
import type { AnnotationView, ImageView, imageName, listImageNamesInput, listImagesInput } from './schemas.ts';

/** Drawn on a gallery tile, at most. */
const ANNOTATIONS_PER_TILE = 500;
/** On average, of images that are compared. */
const ANNOTATIONS_PER_COMPARISON = 5000;

/** The images of a tree in byte order of their paths. @throws AppError `not_found` */
export async function listImages(database: Database, input: z.infer<typeof listImagesInput>): Promise<Page<ImageView>> {
  const { db } = database;
  const at = await revisionAt(database, input);
  const asked = conditionOf(queryOf(input), { datasetId: input.id, at });
  const found = await pageOfRows(
    db,
    input,
    z.tuple([z.string()]),
    (after, limit) =>
      selectImages(db, at)
        .where(
          and(
            isImageAt(input.id, at),
            asked,
            input.path === undefined ? undefined : eq(datasetFiles.path, input.path),
            after ? gt(datasetFiles.path, after[0]) : undefined,
          ),
        )
        .orderBy(asc(datasetFiles.path))
        .limit(limit),
    ({ path }) => [path],
  );
  const page = mapPage(found, viewOf);
  if (input.withAnnotations === 'true') await attachAnnotations(db, page.items, at);
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
        .where(and(isImageAt(id, null), after ? gt(datasetFiles.path, after[0]) : undefined))
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
  database: Database,
  { id: datasetId, fileId, version }: { id: string; fileId: number; version?: string | undefined },
): Promise<ImageView & { previousId: number | null; nextId: number | null }> {
  const { db } = database;
  const at = await revisionAt(database, { id: datasetId, version });
  const [row] = await selectImages(db, at).where(and(isImageAt(datasetId, at), eq(datasetFiles.id, fileId)));
  if (!row) throw new AppError('not_found', { message: 'The dataset has no such image.' });
  const neighbour = async (condition: SQL, order: SQL) => {
    const [found] = await db
      .select({ id: datasetFiles.id })
      .from(datasetFiles)
      .where(and(isImageAt(datasetId, at), condition))
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

/** The annotations of an image that is in the tree. @throws AppError `not_found` */
export async function listAnnotations(
  database: Database,
  input: PageInput & { id: string; fileId: number; version?: string | undefined },
): Promise<Page<AnnotationView>> {
  const { db } = database;
  const at = await revisionAt(database, input);
  await requireFile(database, input.id, { id: input.fileId }, at);
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.number()]),
    (after, limit) =>
      selectAnnotations(db, at)
        .where(
          and(
            eq(annotations.fileId, input.fileId),
            isAt(annotations, at),
            after ? gt(annotations.id, after[0]) : undefined,
          ),
        )
        .orderBy(asc(annotations.id))
        .limit(limit),
    ({ id }) => [id],
  );
  return mapPage(page, annotationOf);
}

const isImageAt = (datasetId: string, at: At) =>
  and(eq(datasetFiles.datasetId, datasetId), eq(datasetFiles.kind, 'image'), isAt(datasetFiles, at));

/** What is asked for by parameters of their own, and by a query. @throws AppError `invalid_input` */
function queryOf(input: z.infer<typeof listImagesInput>): Query {
  const { search, split, labeled, empty, labelsLost, issues, q } = input;
  const isAsked = readQuery(q);
  const yes = (flag: 'true' | 'false' | undefined) => flag && (flag === 'true' ? 'yes' : 'no');
  const isLost = term('state', labelsLost && 'labels_lost');
  const lost = labelsLost === 'false' ? isLost.map((part) => ({ kind: 'not', part }) as const) : isLost;
  const parts = [
    term('word', search),
    term('split', split),
    term('class', input.class),
    term('labeled', yes(labeled)),
    term('empty', yes(empty)),
    term('issue', issues && 'any'),
    lost,
    isAsked ?? [],
  ].flat();
  return { kind: 'and', parts };
}

/** @param at the revision whose states of images are asked for; its images are for the caller to choose */
export function selectImages(db: Database['db'], at: At = null) {
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
    .leftJoin(
      imageAnnotationStatus,
      and(eq(imageAnnotationStatus.fileId, datasetFiles.id), isAt(imageAnnotationStatus, at)),
    );
}

export function viewOf(row: Awaited<ReturnType<ReturnType<typeof selectImages>['execute']>>[number]): ImageView {
  return { ...row, status: row.status ?? 'not_started' };
}

function selectAnnotations(db: Database['db'], at: At) {
  // One by one by its id: PostgreSQL can't tell how few rows a revision lets through, and would try all with all.
  const named = db
    .select({ index: annotationClasses.index, name: annotationClasses.name })
    .from(annotationClasses)
    .where(and(eq(annotationClasses.id, annotations.classId), isAt(annotationClasses, at)))
    .limit(1)
    .as('named');
  return db
    .select({
      id: annotations.id,
      fileId: annotations.fileId,
      classId: annotations.classId,
      type: annotations.type,
      classIndex: named.index,
      className: named.name,
      geometry: annotations.geometry,
      attributes: annotations.attributes,
      state: annotations.state,
      createdBy: annotations.createdBy,
      confirmedBy: annotations.confirmedBy,
      confirmedAt: annotations.confirmedAt,
    })
    .from(annotations)
    .leftJoinLateral(named, sql`true`);
}

async function attachAnnotations(db: Database['db'], images: ImageView[], at: At): Promise<void> {
  if (images.length === 0) return;
  const rows = await selectAnnotations(db, at)
    .where(
      and(
        sql`${annotations.fileId} = any(${sql.param(images.map((image) => image.id))}::bigint[])`,
        isAt(annotations, at),
      ),
    )
    .orderBy(asc(annotations.fileId), asc(annotations.id))
    .limit(images.length * ANNOTATIONS_PER_TILE);
  const byImage = Map.groupBy(rows, (row) => row.fileId);
  for (const image of images) {
    image.annotations = (byImage.get(image.id) ?? []).slice(0, ANNOTATIONS_PER_TILE).map(annotationOf);
  }
}

/** All annotations of some images, by image, with what tells them and their classes from others. */
export async function annotationsOfFiles(
  db: Database['db'],
  fileIds: readonly number[],
  at: At,
): Promise<(AnnotationView & { fileId: number; classId: number | null })[]> {
  const rows = await selectAnnotations(db, at)
    .where(and(sql`${annotations.fileId} = any(${sql.param([...fileIds])}::bigint[])`, isAt(annotations, at)))
    .orderBy(asc(annotations.fileId), asc(annotations.id))
    .limit(fileIds.length * ANNOTATIONS_PER_COMPARISON);
  return rows.map((row) => ({ ...annotationOf(row), fileId: row.fileId, classId: row.classId }));
}

const geometry = z.record(z.string(), z.unknown());

function annotationOf(
  row: Awaited<ReturnType<ReturnType<typeof selectAnnotations>['execute']>>[number],
): AnnotationView {
  const { fileId: _, classId: __, ...annotation } = row;
  return {
    ...annotation,
    geometry: geometry.parse(row.geometry),
    confirmedAt: row.confirmedAt?.toISOString() ?? null,
  };
}
