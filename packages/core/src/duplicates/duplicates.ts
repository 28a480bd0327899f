import { type Database, datasetFiles, datasets, duplicateGroups } from '@granary/db';
import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { pageOfRows } from '../base/paging.ts';
import { selectImages, viewOf } from '../images/images.ts';
import type { duplicates, listDuplicatesInput } from './schemas.ts';

const IMAGES_PER_GROUP = 24;

/** Groups of images that look alike, those over several splits first. */
export async function listDuplicates(
  { db }: Database,
  { id, threshold, ...paging }: z.infer<typeof listDuplicatesInput>,
): Promise<z.infer<typeof duplicates>> {
  const isAsked = and(eq(duplicateGroups.datasetId, id), eq(duplicateGroups.threshold, threshold));
  const page = await pageOfRows(
    db,
    paging,
    z.tuple([z.number()]),
    (after, limit) =>
      db
        .select()
        .from(duplicateGroups)
        .where(and(isAsked, after ? gt(duplicateGroups.position, after[0]) : undefined))
        .orderBy(asc(duplicateGroups.position))
        .limit(limit),
    ({ position }) => [position],
  );
  const [totals] = await db
    .select({
      groups: sql<number>`count(*)::float8`,
      across: sql<number>`(count(*) filter (where cardinality(${duplicateGroups.splits}) > 1))::float8`,
    })
    .from(duplicateGroups)
    .where(isAsked);
  const [left] = await db
    .select({
      waiting: sql<number>`count(*)::float8`,
      unseen: sql<number>`(count(*) filter (where ${datasetFiles.phash} is null))::float8`,
    })
    .from(datasetFiles)
    .where(
      and(
        eq(datasetFiles.datasetId, id),
        sql`not ${datasetFiles.isCompared}`,
        eq(datasetFiles.kind, sql`'image'`),
        isNull(datasetFiles.problem),
        isNull(datasetFiles.removedIn),
      ),
    );
  const [dataset] = await db.select({ numImages: datasets.numImages }).from(datasets).where(eq(datasets.id, id));
  const numImages = dataset?.numImages ?? 0;
  const items = await Promise.all(
    page.items.map(async ({ position, numImages, splits, hashes }) => {
      const images = await selectImages(db)
        .where(and(eq(datasetFiles.datasetId, id), inArray(datasetFiles.phash, hashes), isNull(datasetFiles.removedIn)))
        .orderBy(asc(datasetFiles.path))
        .limit(IMAGES_PER_GROUP);
      return { position, numImages, splits, images: images.map(viewOf) };
    }),
  );
  return {
    ...page,
    // What was removed since the groups were made is gone from them.
    items: items.filter(({ images }) => images.length > 1),
    numGroups: totals?.groups ?? 0,
    numAcrossSplits: totals?.across ?? 0,
    numCompared: Math.max(0, numImages - (left?.unseen ?? 0)),
    numImages,
    isComplete: left?.waiting === 0,
  };
}
