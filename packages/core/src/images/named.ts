import { type Database, datasetFiles } from '@granary/db';
import { and, asc, eq, sql } from 'drizzle-orm';
import { AppError } from '../errors/app-error.ts';
import type { DatasetFile } from '../files/files.ts';
import { type At, isAt } from '../revisions/at.ts';

/**
 * The image that a row names: the one of this path, or the only one whose path ends with it, since rows often name images by a
 * folder that they do not know.
 *
 * @throws AppError `not_found`
 */
export async function requireNamedImage(
  { db }: Pick<Database, 'db'>,
  datasetId: string,
  name: string,
  at: At,
): Promise<DatasetFile> {
  const path = name.replace(/^(?:\.?\/)+/, '').normalize('NFC');
  const ends = sql`right(${datasetFiles.path}, ${path.length + 1}) = ${`/${path}`}`;
  const found = await db
    .select()
    .from(datasetFiles)
    .where(
      and(
        eq(datasetFiles.datasetId, datasetId),
        isAt(datasetFiles, at),
        eq(datasetFiles.kind, 'image'),
        sql`(${datasetFiles.path} = ${path} or ${ends})`,
      ),
    )
    .orderBy(asc(sql`length(${datasetFiles.path})`))
    .limit(3);
  const [first, ...others] = found;
  if (first && (first.path === path || others.length === 0)) return first;
  throw new AppError('not_found', {
    message: first ? `Several images have a path that ends with ${path}.` : `The dataset has no image ${path}.`,
  });
}
