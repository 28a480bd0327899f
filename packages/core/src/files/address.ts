import { keys } from '@granary/storage';
import type { Dataset } from '../access/policy.ts';
import type { Context } from '../base/context.ts';

/** A URL of the store is good for as long as a large download takes. */
const URL_SECONDS = 12 * 3600;

/** Where a file's content is: in the store for anyone who has the URL, or here for who may see the dataset. */
export async function contentUrl(
  { store, origin, dataset }: Pick<Context, 'store' | 'origin'> & { dataset: Pick<Dataset, 'id'> },
  revision: number,
  path: string,
  storageKey: string,
): Promise<string> {
  const isInTree = storageKey === keys.file(dataset.id, path);
  const signed =
    isInTree || storageKey.startsWith('history/')
      ? await store.signedUrl(storageKey, { expiresInSeconds: URL_SECONDS })
      : null;
  if (signed) return signed;
  const query = new URLSearchParams({ path, version: `r${revision}` });
  return `${origin}/api/v1/datasets/${encodeURIComponent(dataset.id)}/files/content?${query}`;
}
