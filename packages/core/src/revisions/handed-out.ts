import type { Dataset } from '../access/policy.ts';
import type { Services } from '../base/context.ts';
import { type Resolved, resolveRef } from './refs.ts';

/** A version ref as it is handed out: always a revision, and the draft is what it is at that moment. */
export interface HandedOut extends Omit<Resolved, 'at'> {
  revision: number;
}

/**
 * What a manifest, an annotation stream, an export or a pull hands out for a version ref. A draft comes with its
 * edits in its files: see `permitReadingFiles`.
 *
 * @throws AppError as {@link resolveRef} does
 */
export async function handedOut(
  { database }: Pick<Services, 'database'>,
  dataset: Pick<Dataset, 'id' | 'revision'>,
  version = 'draft',
): Promise<HandedOut> {
  const { at, ...resolved } = await resolveRef(database, dataset.id, version);
  return { ...resolved, revision: at ?? dataset.revision };
}
