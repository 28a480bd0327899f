import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  annotationClasses,
  annotationProjects,
  annotations,
  datasetFiles,
  imageAnnotationStatus,
  LABELED_STATES,
} from '@granary/db';
import { and, eq, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Reader } from '../base/person.ts';
import { contentUrl } from '../files/address.ts';
import { conditionOf } from '../queries/condition.ts';
import { readQuery } from '../queries/input.ts';
import { isAt } from '../revisions/at.ts';
import { handedOut } from '../revisions/handed-out.ts';
import type { annotationStreamInput } from './schemas.ts';

const PAGE = 2000;

/** A page of images: each line of JSON but for its URL, in two halves. */
type Row = { path: string; storage_key: string; head: string; tail: string };

/**
 * All images of a version with their annotations, one line of JSON each (see `annotatedImage`), in the order of the bytes of
 * their paths. PostgreSQL makes the lines, a page ahead of who reads: there are never more than two pages in memory.
 *
 * @throws AppError `not_found`, `revision_gone`, `invalid_input`
 */
export async function annotationStream(
  ctx: Permitted<'see', Reader>,
  { version, split, q }: z.infer<typeof annotationStreamInput>,
): Promise<{ contentType: string; etag: string; body: Readable }> {
  const query = readQuery(q);
  const { revision } = await handedOut(ctx, ctx.dataset, version);
  const which = and(
    split === undefined ? undefined : eq(datasetFiles.split, split),
    query ? conditionOf(query, { datasetId: ctx.dataset.id, at: revision }) : undefined,
  );
  const asked = createHash('sha256')
    .update(JSON.stringify([split, q]))
    .digest('base64url')
    .slice(0, 12);
  return {
    contentType: 'application/x-ndjson',
    etag: `"r${revision}-${asked}"`,
    body: Readable.from(linesOf(ctx, revision, which), { objectMode: false, highWaterMark: 1 }),
  };
}

async function* linesOf(
  ctx: Permitted<'see', Reader>,
  revision: number,
  which: SQL | undefined,
): AsyncGenerator<string> {
  const classes = await classesAt(ctx, revision);
  let ahead: Promise<readonly Row[]> | null = pageAfter(ctx, revision, { classes, which, after: '' });
  // Whoever stops reading does not wait for it.
  ahead.catch(() => {});
  while (ahead) {
    const rows: readonly Row[] = await ahead;
    const after: string | undefined = rows.length < PAGE ? undefined : rows.at(-1)?.path;
    ahead = after === undefined ? null : pageAfter(ctx, revision, { classes, which, after });
    ahead?.catch(() => {});
    const lines = await Promise.all(
      rows.map(async ({ path, storage_key, head, tail }) => {
        const url = await contentUrl(ctx, revision, path, storage_key);
        return `${head}${JSON.stringify(url)}${tail}\n`;
      }),
    );
    if (lines.length > 0) yield lines.join('');
  }
}

/** What an annotation says of its class, as members of JSON, by the class's id. */
async function classesAt(
  { database: { db }, dataset }: Permitted<'see', Reader>,
  revision: number,
): Promise<Record<string, string>> {
  const rows = await db
    .select({ id: annotationClasses.id, index: annotationClasses.index, name: annotationClasses.name })
    .from(annotationClasses)
    .innerJoin(
      annotationProjects,
      and(eq(annotationProjects.id, annotationClasses.projectId), isAt(annotationProjects, revision)),
    )
    .where(and(eq(annotationProjects.datasetId, dataset.id), isAt(annotationClasses, revision)));
  return Object.fromEntries(
    rows.map(({ id, index, name }) => [id, `"classIndex":${index},"className":${JSON.stringify(name)}`]),
  );
}

function pageAfter(
  { database: { db }, dataset }: Permitted<'see', Reader>,
  revision: number,
  { classes, which, after }: { classes: Record<string, string>; which: SQL | undefined; after: string },
): Promise<readonly Row[]> {
  const { path, sha256, width, height, split } = datasetFiles;
  const number = (value: SQLWrapper) => sql`coalesce(${value}::text, 'null')`;
  const noClass = '"classIndex":null,"className":null';
  const annotation = sql`'{"id":' || ${annotations.id} || ',"type":"' || ${annotations.type} || '",'
    || coalesce(${JSON.stringify(classes)}::jsonb ->> ${annotations.classId}::text, ${noClass})
    || ',"geometry":' || ${annotations.geometry}::text || ',"attributes":' || ${annotations.attributes}::text
    || ',"state":"' || ${annotations.state} || '"}'`;
  return db.execute<Row>(sql`
    select ${path} as path, ${datasetFiles.storageKey} as storage_key,
      '{"path":' || to_json(${path}::text)::text || ',"sha256":"' || ${sha256} || '","width":' || ${number(width)}
        || ',"height":' || ${number(height)} || ',"split":' || coalesce(to_json(${split})::text, 'null')
        || ',"labeled":' || coalesce(${inArray(imageAnnotationStatus.state, [...LABELED_STATES])}, false)::text || ',"url":' as head,
      ',"annotations":[' || coalesce((
        select string_agg(${annotation}, ',' order by ${annotations.id}) from ${annotations}
        where ${annotations.fileId} = ${datasetFiles.id} and ${isAt(annotations, revision)}), '') || ']}' as tail
    from ${datasetFiles}
    left join ${imageAnnotationStatus} on ${imageAnnotationStatus.fileId} = ${datasetFiles.id} and ${isAt(imageAnnotationStatus, revision)}
    where ${and(
      eq(datasetFiles.datasetId, dataset.id),
      eq(datasetFiles.kind, 'image'),
      isAt(datasetFiles, revision),
      sql`${path} > ${after}`,
      which,
    )}
    order by ${path} limit ${PAGE}`);
}
