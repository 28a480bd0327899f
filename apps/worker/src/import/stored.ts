import { type Archive, SMALL_BYTES } from '@granary/archives';
import { keys, type ObjectStore, RESERVED_PATH, readStream } from '@granary/storage';
import type { Receiving } from './receive.ts';

const HEADS_AT_ONCE = 100;

interface StoredFile {
  path: string;
  storage_key: string;
  size: number;
}

type Where = Pick<Receiving, 'session' | 'store' | 'datasetId'>;

/** Objects that the dataset does not know, at these paths or wherever they lie below its prefix, as if they were uploaded. */
export function adoptedArchive(
  { session: { sql }, store, datasetId }: Where,
  given: readonly string[] | null,
): Archive {
  if (given === null) return archiveOf(store, walkOf(store, keys.file(datasetId, '')));
  const paths = [...given].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const find = async (path: string): Promise<StoredFile[]> => {
    const [known] = await sql<{ storage_key: string }[]>`
      select storage_key from dataset_files where dataset_id = ${datasetId} and removed_in is null and path = ${path}`;
    const info = await store.head(known?.storage_key ?? keys.file(datasetId, path));
    return info ? [{ path, storage_key: info.key, size: info.sizeBytes }] : [];
  };
  async function* found(): AsyncGenerator<StoredFile> {
    for (let at = 0; at < paths.length; at += HEADS_AT_ONCE) {
      yield* (await Promise.all(paths.slice(at, at + HEADS_AT_ONCE).map(find))).flat();
    }
  }
  return archiveOf(store, found());
}

/** Everything below a prefix except `meta.json`. */
async function* walkOf(store: ObjectStore, prefix: string): AsyncGenerator<StoredFile> {
  for await (const { key, sizeBytes } of store.walk(prefix)) {
    const path = key.slice(prefix.length);
    if (path !== RESERVED_PATH) yield { path, storage_key: key, size: sizeBytes };
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
            index,
            name: path,
            type: 'file',
            sizeBytes: size,
            load: isSmall ? async () => readStream(await store.get(storage_key)) : null,
            open: isSmall ? null : () => store.get(storage_key),
          };
        }
        index++;
      }
    },
  };
}
