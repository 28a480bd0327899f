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
  const at = await revisionAt(database, { id: dataset.id, version });
  if (path === RESERVED_PATH && at === null) return readMeta(store, dataset);
  return { file: await requireFile(database, dataset.id, { path }, at), source: store };
}
