import { annotationClasses, annotationProjects, datasetFiles } from '@granary/db';
import { and, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import type { Looking } from '../base/context.ts';
import { decodeCursor, encodeCursor, type Page } from '../base/paging.ts';
import { annotationsOfFiles } from '../images/images.ts';
import { type At, isAt } from '../revisions/at.ts';
import { resolveRef } from '../revisions/refs.ts';
import { type ChangedImage, changedImages } from './changed-images.ts';
import { matchAnnotations } from './match.ts';
import type { ComparedAnnotation, diffImagesInput, ImageChange } from './schemas.ts';

/**
 * Images whose annotations differ, with all annotations at both sides: which were added, removed or changed is said of each.
 *
 * @throws AppError `not_found`
 */
export async function diffImages(
  { database }: Looking,
  { id, from, to, class: className, limit, cursor, withTotal }: z.infer<typeof diffImagesInput>,
): Promise<Page<ImageChange>> {
  const [before, after] = [await resolveRef(database, id, from), await resolveRef(database, id, to)];
  const classIds = className === undefined ? null : await classIdsOf(database.db, id, className);
  const last = decodeCursor(cursor, z.tuple([z.string()]))?.[0] ?? '';
  const found: ChangedImage[] = [];
  const images = (from: string) => changedImages(database.db, id, before.at, after.at, { after: from, classIds });
  for await (const image of images(last)) {
    found.push(image);
    if (found.length > limit) break;
  }
  let total = 0;
  if (withTotal === 'true') for await (const _ of images('')) total++;
  const shown = found.slice(0, limit);
  const paths = shown.map(({ path }) => path);
  const [old, young] = [
    await sideOf(database.db, id, paths, before.at),
    await sideOf(database.db, id, paths, after.at),
  ];
  const end = found.length > limit ? shown.at(-1) : undefined;
  return {
    items: paths.map((path) => compare(path, old.get(path), young.get(path))),
    nextCursor: end ? encodeCursor([end.path]) : null,
    ...(withTotal === 'true' ? { total } : {}),
  };
}

type Db = Looking['database']['db'];

async function classIdsOf(db: Db, datasetId: string, name: string): Promise<number[]> {
  const rows = await db
    .selectDistinct({ id: annotationClasses.id })
    .from(annotationClasses)
    .innerJoin(annotationProjects, eq(annotationProjects.id, annotationClasses.projectId))
    .where(and(eq(annotationProjects.datasetId, datasetId), eq(annotationClasses.name, name)));
  return rows.map((row) => row.id);
}

interface Side {
  fileId: number;
  width: number | null;
  height: number | null;
  annotations: Awaited<ReturnType<typeof annotationsOfFiles>>;
}

/** The images at these paths at one side, with their annotations. */
async function sideOf(db: Db, datasetId: string, paths: readonly string[], at: At): Promise<Map<string, Side>> {
  if (paths.length === 0) return new Map();
  const files = await db
    .select({
      id: datasetFiles.id,
      path: datasetFiles.path,
      width: datasetFiles.width,
      height: datasetFiles.height,
    })
    .from(datasetFiles)
    .where(and(eq(datasetFiles.datasetId, datasetId), inArray(datasetFiles.path, [...paths]), isAt(datasetFiles, at)));
  const rows = await annotationsOfFiles(
    db,
    files.map((file) => file.id),
    at,
  );
  const byFile = Map.groupBy(rows, ({ fileId }) => fileId);
  return new Map(
    files.map(({ id, path, width, height }) => [
      path,
      { fileId: id, width, height, annotations: byFile.get(id) ?? [] },
    ]),
  );
}

function compare(path: string, before: Side | undefined, after: Side | undefined): ImageChange {
  const pairs = matchAnnotations(before?.annotations ?? [], after?.annotations ?? []);
  const oldPairs = new Map(pairs.map((pair) => [pair.before.id, pair]));
  const youngPairs = new Map(pairs.map((pair) => [pair.after.id, pair]));
  const said = (
    annotations: Side['annotations'],
    pairOf: typeof oldPairs,
    other: 'before' | 'after',
    alone: 'added' | 'removed',
  ): ComparedAnnotation[] =>
    annotations.map(({ fileId: _, classId: __, ...annotation }) => {
      const pair = pairOf.get(annotation.id);
      const change = pair === undefined ? alone : pair.isSame ? null : ('changed' as const);
      return { ...annotation, change, pairedWith: change === 'changed' ? (pair?.[other].id ?? null) : null };
    });
  const { width = null, height = null } = after ?? before ?? {};
  return {
    path,
    width,
    height,
    before: said(before?.annotations ?? [], oldPairs, 'after', 'removed'),
    after: said(after?.annotations ?? [], youngPairs, 'before', 'added'),
    ...(before ? { beforeFileId: before.fileId } : {}),
    ...(after ? { afterFileId: after.fileId } : {}),
  };
}
