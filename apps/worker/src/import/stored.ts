import { type Archive, SMALL_BYTES } from '@granary/archives';
import type { KeptOptions } from '@granary/core/imports/schemas';
import { keys, type ObjectStore, RESERVED_PATH, readStream } from '@granary/storage';
import type { DatasetSession } from '../session.ts';

const PAGE = 1000;

interface StoredFile {
  path: string;
  storage_key: string;
  size: number;
}

/**
 * Content of the store that an import takes up as if it were uploaded: files that a removal has kept, or objects that the
 * dataset does not know. Null for an import of neither kind.
 */
export function storedArchive(
  { sql }: DatasetSession,
  store: ObjectStore,
  datasetId: string,
  { putBack, adopt, adoptAll }: KeptOptions,
): Archive | null {
  if (putBack !== undefined) {
    const pages = pagesOf(
      (after) => sql<StoredFile[]>`
      select path, storage_key, size::float8 as size from dataset_files
      where removed_by = ${putBack} and dataset_id = ${datasetId} and path > ${after} order by path limit ${PAGE}`,
    );
    return archiveOf(store, pages);
  }
  if (adoptAll) return archiveOf(store, walkOf(store, keys.file(datasetId, '')));
  if (adopt !== undefined) {
    const paths = [...adopt].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const pages = pagesOf(async (after) => {
      const some = paths.filter((path) => Buffer.compare(Buffer.from(path), Buffer.from(after)) > 0).slice(0, PAGE);
      const files = await Promise.all(
        some.map(async (path): Promise<StoredFile[]> => {
          const [known] = await sql<{ storage_key: string }[]>`
            select storage_key from dataset_files where dataset_id = ${datasetId} and removed_in is null and path = ${path}`;
          const info = await store.head(known?.storage_key ?? keys.file(datasetId, path));
          return info ? [{ path, storage_key: info.key, size: info.sizeBytes }] : [];
        }),
      );
      return files.flat();
    });
    return archiveOf(store, pages);
  }
  return null;
}

/** All that lies below a prefix but Granary's own description. */
async function* walkOf(store: ObjectStore, prefix: string): AsyncGenerator<StoredFile> {
  for await (const { key, sizeBytes } of store.walk(prefix)) {
    const path = key.slice(prefix.length);
    if (path !== RESERVED_PATH) yield { path, storage_key: key, size: sizeBytes };
  }
}

async function* pagesOf(pageAfter: (path: string) => PromiseLike<StoredFile[]>): AsyncGenerator<StoredFile> {
  let after = '';
  for (;;) {
    const files = await pageAfter(after);
    yield* files;
    if (files.length === 0) return;
    after = files.at(-1)?.path ?? '';
  }
}

function archiveOf(store: ObjectStore, files: AsyncIterable<StoredFile>): Archive {
  return {
    position: () => 0,
    async *entries(from) {
      let index = 0;
      for await (const { path, storage_key, size } of files) {
        const isSmall = size <= SMALL_BYTES;
        if (index >= from) {
          yield {
            ...{ index, name: path, type: 'file', sizeBytes: size },
            load: isSmall ? async () => readStream(await store.get(storage_key)) : null,
            open: isSmall ? null : () => store.get(storage_key),
          };
        }
        index++;
      }
    },
  };
}
