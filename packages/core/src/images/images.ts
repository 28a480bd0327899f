import {
  annotationClasses,
  annotations,
  type Database,
  datasetFiles,
  imageAnnotationStatus,
  imageEdits,
  LABELED_STATES,
} from '@granary/db';
import { and, asc, desc, eq, gt, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { hasPending, isPending, pendingOf } from '../annotations/overlay.ts';
import type { AnnotationView } from '../annotations/schemas.ts';
import { decodeCursor, encodeCursor, mapPage, type Page, type PageInput, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { requireFile } from '../files/files.ts';
import { conditionOf } from '../queries/condition.ts';
import { readQuery } from '../queries/input.ts';
import { type Query, term } from '../queries/query.ts';
import { type At, isAt } from '../revisions/at.ts';
import { revisionAt } from '../revisions/refs.ts';
import type { ImageView, imageFilters, imageName, listImageNamesInput, listImagesInput } from './schemas.ts';

/** Drawn on a gallery tile, at most. */
const ANNOTATIONS_PER_TILE = 500;
/** On average, of images that are compared. */
const ANNOTATIONS_PER_COMPARISON = 5000;

/** The images of a tree in byte order of their paths. @throws AppError `not_found` */
export async function listImages(database: Database, input: z.infer<typeof listImagesInput>): Promise<Page<ImageView>> {
  const { db } = database;
  const at = await revisionAt(database, input);
  const asked = await askedOf(database, input, at);
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
    isLabeled: LABELED_STATES.some((state) => state === status),
  }));
}

/** One image, and its neighbours by path among those that are asked for. @throws AppError `not_found` */
export async function getImage(
  database: Database,
  input: ImageFilters & { id: string; fileId: number; version?: string | undefined },
): Promise<ImageView & { previousId: number | null; nextId: number | null }> {
  const { db } = database;
  const { id: datasetId, fileId, version } = input;
  const at = await revisionAt(database, { id: datasetId, version });
  const asked = await askedOf(database, input, at);
  const [row] = await selectImages(db, at).where(and(isImageAt(datasetId, at), eq(datasetFiles.id, fileId)));
  if (!row) throw new AppError('not_found', { message: 'The dataset has no such image.' });
  const neighbour = async (condition: SQL, order: SQL) => {
    const [found] = await db
      .select({ id: datasetFiles.id })
      .from(datasetFiles)
      .where(and(isImageAt(datasetId, at), asked, condition))
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
  const [edits] = await Promise.all([
    pendingOf(db, [input.fileId], at),
    requireFile(database, input.id, { id: input.fileId }, at),
  ]);
  const edit = edits.get(input.fileId);
  if (edit) return pageOfEdit(edit, input);
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

/** A page of annotations that are not rows yet, by their ids like those. */
function pageOfEdit(edit: readonly AnnotationView[], { limit, cursor, withTotal }: PageInput): Page<AnnotationView> {
  const after = decodeCursor(cursor, z.tuple([z.number()]));
  const rest = [...edit].sort((a, b) => a.id - b.id).filter(({ id }) => after === null || id > after[0]);
  const items = rest.slice(0, limit);
  const last = rest.length > limit ? items.at(-1) : undefined;
  return {
    items,
    nextCursor: last ? encodeCursor([last.id]) : null,
    ...(withTotal === 'true' ? { total: edit.length } : {}),
  };
}

type ImageFilters = z.infer<z.ZodObject<typeof imageFilters>>;

const isImageAt = (datasetId: string, at: At) =>
  and(eq(datasetFiles.datasetId, datasetId), eq(datasetFiles.kind, 'image'), isAt(datasetFiles, at));

/** The condition for what is asked for; edits that are not published count as if they were. @throws AppError `invalid_input` */
async function askedOf(database: Database, input: ImageFilters & { id: string }, at: At): Promise<SQL> {
  const query = queryOf(input);
  const isAll = query.kind === 'and' && query.parts.length === 0;
  const hasEdits = !isAll && (await hasPending(database, input.id, at));
  return conditionOf(query, { datasetId: input.id, at, hasEdits });
}

/** What is asked for by parameters of their own, and by a query. @throws AppError `invalid_input` */
function queryOf(input: ImageFilters): Query {
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
      status: sql<ImageView['status'] | null>`coalesce(${imageEdits.state}, ${imageAnnotationStatus.state})`,
    })
    .from(datasetFiles)
    .leftJoin(
      imageAnnotationStatus,
      and(eq(imageAnnotationStatus.fileId, datasetFiles.id), isAt(imageAnnotationStatus, at)),
    )
    .leftJoin(imageEdits, at === null ? and(eq(imageEdits.fileId, datasetFiles.id), isPending) : sql`false`);
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
  const edits = await pendingOf(
    db,
    images.map(({ id }) => id),
    at,
  );
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
    const shown = edits.get(image.id) ?? (byImage.get(image.id) ?? []).map(annotationOf);
    image.annotations = shown.slice(0, ANNOTATIONS_PER_TILE);
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
