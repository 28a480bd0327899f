import { RESERVED_PATH } from '@granary/storage';
import type { Dataset } from '../access/policy.ts';
import type { Services } from '../base/context.ts';
import { revisionAt } from '../revisions/refs.ts';
import type { OpenContent } from './content.ts';
import { requireFile } from './files.ts';
import { readMeta } from './meta.ts';

/** A file of a tree, or `meta.json`, which is none but lies beside the draft's. @throws AppError `not_found` */
export async function openContent(
  { database, store }: Pick<Services, 'database' | 'store'>,
  dataset: Dataset,
  path: string,
  version?: string,
): Promise<OpenContent> {
  if (path === RESERVED_PATH) return readMeta(store, dataset);
  const at = await revisionAt(database, { id: dataset.id, version });
  return { file: await requireFile(database, dataset.id, { path }, at), source: store };
}
