import {
  type Database,
  type DatasetState,
  datasetRevisions,
  datasets,
  datasetVersions,
  versionTags,
} from '@granary/db';
import { and, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import type { At } from './at.ts';

/** How every call that reads content is asked for a version. */
export const versionInput = {
  version: z
    .string()
    .max(64)
    .optional()
    .describe(
      'A version: its number (`3` or `v3`), a tag, `latest`, `draft`, or `r` and the number of a revision; by default the draft.',
    ),
};

/** A version ref, resolved. */
export interface Resolved {
  /** As it was asked for. */
  ref: string;
  /** The revision; null for the draft. */
  at: At;
  /** The number of the version; null for the draft, and for a revision that was asked for by its number. */
  version: number | null;
}

/**
 * What a version ref stands for; the only place that says so.
 *
 * @throws AppError `not_found` for what there is not, `revision_gone` for a revision that is no longer kept
 */
export async function resolveRef({ db }: Pick<Database, 'db'>, datasetId: string, ref: string): Promise<Resolved> {
  if (ref === 'draft' || ref === 'main') return { ref, at: null, version: null };
  const revision = /^r(\d{1,9})$/.exec(ref)?.[1];
  if (revision !== undefined) {
    const [row] = await db
      .select({ isKept: datasetRevisions.isKept })
      .from(datasetRevisions)
      .where(and(eq(datasetRevisions.datasetId, datasetId), eq(datasetRevisions.revision, Number(revision))));
    if (!row) throw new AppError('not_found', { message: `The dataset has no revision ${ref}.` });
    if (!row.isKept) throw new AppError('revision_gone', { message: `The revision ${ref} is no longer kept.` });
    return { ref, at: Number(revision), version: null };
  }
  const number = /^v?(\d{1,9})$/.exec(ref)?.[1];
  const selected = { version: datasetVersions.version, revision: datasetVersions.revision };
  const isOfDataset = eq(datasetVersions.datasetId, datasetId);
  const [row] =
    ref === 'latest'
      ? await db
          .select(selected)
          .from(datasetVersions)
          .where(isOfDataset)
          .orderBy(desc(datasetVersions.version))
          .limit(1)
      : number !== undefined
        ? await db
            .select(selected)
            .from(datasetVersions)
            .where(and(isOfDataset, eq(datasetVersions.version, Number(number))))
        : await db
            .select(selected)
            .from(versionTags)
            .innerJoin(
              datasetVersions,
              and(
                eq(datasetVersions.datasetId, versionTags.datasetId),
                eq(datasetVersions.version, versionTags.version),
              ),
            )
            .where(and(eq(versionTags.datasetId, datasetId), eq(versionTags.tag, ref)));
  if (!row) {
    const message = ref === 'latest' ? 'The dataset has no version yet.' : `The dataset has no version ${ref}.`;
    throw new AppError('not_found', { message });
  }
  return { ref, at: row.revision, version: row.version };
}

/** The revision that a call reads; null for the draft. @throws AppError as {@link resolveRef} does */
export async function revisionAt(
  database: Pick<Database, 'db'>,
  { id, version }: { id: string; version?: string | undefined },
): Promise<At> {
  return version === undefined ? null : (await resolveRef(database, id, version)).at;
}

/** What a dataset said of itself at a revision; of the draft what it says now, and null where it never held anything. */
export async function stateAt({ db }: Pick<Database, 'db'>, datasetId: string, at: At): Promise<DatasetState | null> {
  const [row] = await db
    .select({ state: datasetRevisions.state })
    .from(datasetRevisions)
    .innerJoin(datasets, eq(datasets.id, datasetRevisions.datasetId))
    .where(and(eq(datasetRevisions.datasetId, datasetId), eq(datasetRevisions.revision, at ?? datasets.revision)));
  return row?.state ?? null;
}
