import { datasetFiles } from '@granary/db';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import { hasPending } from '../annotations/overlay.ts';
import { readAnnotations, saveAnnotations } from '../annotations/save.ts';
import { type SavedAnnotation, savedAnnotation } from '../annotations/schemas.ts';
import type { Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { conditionOf } from '../queries/condition.ts';
import { readQuery } from '../queries/input.ts';
import type {
  accepted,
  acceptInput,
  postPredictionsInput,
  predictionsPosted,
  predictionView,
  reviewed,
  reviewInput,
} from './schemas.ts';

/** Keeps what a model says of images, in place of what it said of them before; images that are not there are named. */
export async function postPredictions(
  ctx: Permitted<'edit'>,
  { model, items }: z.infer<typeof postPredictionsInput>,
): Promise<z.infer<typeof predictionsPosted>> {
  const { database, dataset, person } = ctx;
  const paths = items.flatMap(({ path }) => path ?? []);
  const ids = items.flatMap(({ fileId }) => fileId ?? []);
  const files = await database.sql<{ id: number; path: string }[]>`
    select id::float8 as id, path from dataset_files where dataset_id = ${dataset.id} and kind = 'image' and removed_in is null
      and (path = any(${paths}) or id = any(${ids}::bigint[]))`;
  const byPath = new Map(files.map(({ id, path }) => [path, id]));
  const known = new Set(files.map(({ id }) => id));
  const unknown: string[] = [];
  const rows: { file_id: number; score: number | null; class_name: string; type: string; geometry: unknown }[] = [];
  const images = new Set<number>();
  for (const { path, fileId, annotations } of items) {
    const id = path === undefined ? fileId : byPath.get(path);
    if (id === undefined || !known.has(id)) {
      unknown.push(path ?? String(fileId));
      continue;
    }
    images.add(id);
    for (const { type, geometry, className, score } of annotations)
      rows.push({ file_id: id, score: score ?? null, class_name: className, type, geometry });
  }
  await database.sql.begin(async (tx) => {
    await tx`delete from predictions where dataset_id = ${dataset.id} and model = ${model} and file_id = any(${[...images]}::bigint[])`;
    await tx`insert into predictions (dataset_id, file_id, model, score, class_name, type, geometry, created_by)
      select ${dataset.id}, file_id, ${model}, score, class_name, type, geometry, ${person.id}
      from jsonb_to_recordset(${tx.json(rows as never)}) r(file_id bigint, score float8, class_name text, type text, geometry jsonb)`;
  });
  return { images: images.size, predictions: rows.length, unknown };
}

type PredictionView = z.infer<typeof predictionView>;

/** What models say of an image, the surest first. */
export async function listPredictions(
  { database: { sql }, dataset }: Permitted<'see', Reader>,
  fileId: number,
): Promise<{ items: PredictionView[] }> {
  const rows = await sql<(Omit<PredictionView, 'createdAt'> & { created_at: Date })[]>`
    select id::float8 as id, model, score, class_name as "className", type, geometry, created_at from predictions
    where dataset_id = ${dataset.id} and file_id = ${fileId} order by score desc nulls last, id limit 5000`;
  return { items: rows.map(({ created_at, ...row }) => ({ ...row, createdAt: created_at.toISOString() })) };
}

/**
 * Makes annotations of predictions of an image, as an edit, or drops them.
 *
 * @throws AppError as `saveAnnotations` does
 */
export async function reviewPredictions(
  ctx: Permitted<'edit'>,
  { fileId, accept, reject }: Omit<z.infer<typeof reviewInput>, 'id'>,
): Promise<z.infer<typeof reviewed>> {
  const { sql: query } = ctx.database;
  const present = await readAnnotations(ctx, fileId);
  const chosen = await query<(PredictionView & { id: number })[]>`
    select id::float8 as id, model, score, class_name as "className", type, geometry from predictions
    where dataset_id = ${ctx.dataset.id} and file_id = ${fileId} and id = any(${accept}::bigint[])`;
  const added = chosen.map(({ type, geometry, className, score }) =>
    savedAnnotation.parse({ type, geometry, className, attributes: score === null ? {} : { score } }),
  );
  const kept = present.annotations.map(
    ({ id, type, className, geometry, attributes }) =>
      ({ id, type, className, geometry, attributes }) as SavedAnnotation,
  );
  const saved =
    added.length === 0
      ? present
      : await saveWithout(ctx, { fileId, basedOn: present.etag, annotations: [...kept, ...added] });
  const gone = await query`delete from predictions where dataset_id = ${ctx.dataset.id} and file_id = ${fileId}
    and id = any(${[...accept, ...reject]}::bigint[])`;
  return { ...saved, accepted: chosen.length, rejected: gone.count - chosen.length };
}

/** Formats that have no place for a score take the annotation without it. */
async function saveWithout(
  ctx: Permitted<'edit'>,
  { fileId, basedOn, annotations }: { fileId: number; basedOn: string; annotations: SavedAnnotation[] },
) {
  const input = { id: ctx.dataset.id, fileId, basedOn };
  try {
    return await saveAnnotations(ctx, { ...input, annotations });
  } catch (error) {
    if (!(error instanceof AppError) || error.errorCode !== 'format_cannot_hold') throw error;
    const bare = annotations.map((annotation) =>
      annotation.id === undefined ? { ...annotation, attributes: {} } : annotation,
    );
    return saveAnnotations(ctx, { ...input, annotations: bare });
  }
}

const IMAGES_AT_ONCE = 2000;

/** Accepts all predictions of a model from a score on, in the images of a query; images that refuse theirs are named. */
export async function acceptPredictions(
  ctx: Permitted<'edit'>,
  { model, minScore, q }: Omit<z.infer<typeof acceptInput>, 'id'>,
): Promise<z.infer<typeof accepted>> {
  const { database, dataset } = ctx;
  const query = readQuery(q);
  const hasEdits = await hasPending(database, dataset.id, null);
  const files = await database.db
    .select({ id: datasetFiles.id, path: datasetFiles.path })
    .from(datasetFiles)
    .where(
      and(
        eq(datasetFiles.datasetId, dataset.id),
        isNull(datasetFiles.removedIn),
        sql`exists (select 1 from predictions p where p.file_id = ${datasetFiles.id} and p.model = ${model} and p.score >= ${minScore})`,
        query ? conditionOf(query, { datasetId: dataset.id, at: null, hasEdits }) : undefined,
      ),
    )
    .orderBy(asc(datasetFiles.path))
    .limit(IMAGES_AT_ONCE + 1);
  const result: z.infer<typeof accepted> = {
    images: 0,
    predictions: 0,
    refused: [],
    hasMore: files.length > IMAGES_AT_ONCE,
  };
  for (const { id: fileId, path } of files.slice(0, IMAGES_AT_ONCE)) {
    const rows = await database.sql<{ id: number }[]>`
      select id::float8 as id from predictions where file_id = ${fileId} and model = ${model} and score >= ${minScore} limit 5000`;
    const ids = rows.map(({ id }) => id);
    try {
      const { accepted } = await reviewPredictions(ctx, { fileId, accept: ids, reject: [] });
      result.images++;
      result.predictions += accepted;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      result.refused.push({ path, message: error.message });
    }
  }
  return result;
}
