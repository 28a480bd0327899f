import type { Sql } from '@granary/db';
import { isNoRoom, keys, readStream } from '@granary/storage';
import type { Services } from '../base/context.ts';
import { AppError } from '../errors/app-error.ts';
import type { DatasetFile } from '../files/files.ts';
import type { Asking } from './decoding/decoder.ts';

const WIDTHS = [320, 640, 1280] as const;
/** Files longer than this are not decoded for a thumbnail. */
const MAX_SOURCE_BYTES = 256 * 1024 * 1024;
const TOO_LONG = 'The image is too large to be shown: it has more than 256 MiB.';

/**
 * A WebP no wider than the next of 320, 640 and 1,280 pixels; made once, then kept in the store.
 *
 * @throws AppError `unprocessable_image` when the content is too long or cannot be decoded; what the store and the
 * database throw stays what it is
 */
export async function thumbnail(
  { database, store, images }: Pick<Services, 'database' | 'store' | 'images'>,
  file: DatasetFile,
  wantedWidth: number,
  asking: Asking,
): Promise<Buffer> {
  const width = widthFor(wantedWidth);
  const key = keys.thumbnail(file.datasetId, file.sha256, width);
  if (await store.head(key)) return readStream(await store.get(key));
  if (file.sizeBytes > MAX_SOURCE_BYTES) throw new AppError('unprocessable_image', { message: TOO_LONG });
  const source = async () => readStream(await store.get(file.storageKey), MAX_SOURCE_BYTES);
  const image = await images.decode(source, { kind: 'picture', width }, asking);
  const keep = () => store.put(key, image, { contentType: 'image/webp' });
  await keepThumbnail(database.sql, file.datasetId, { key, sizeBytes: image.length }, keep).catch((error) => {
    // It can be shown all the same; the next one who asks has it made again.
    if (!isNoRoom(error)) throw error;
  });
  return image;
}

/** A small WebP of an image that is in memory. @throws AppError `unprocessable_image` */
export const pictureOf = (
  { images }: Pick<Services, 'images'>,
  bytes: Uint8Array,
  wantedWidth: number,
  asking: Asking,
): Promise<Buffer> => images.decode(async () => bytes, { kind: 'picture', width: widthFor(wantedWidth) }, asking);

const widthFor = (wanted: number): number => WIDTHS.find((candidate) => candidate >= wanted) ?? 1280;

/**
 * Writes the object in the transaction of its row, and not while the dataset is being purged: a purge waits for those who
 * hold the dataset's row so, and nobody begins any more once it has.
 */
async function keepThumbnail(
  sql: Sql,
  datasetId: string,
  { key, sizeBytes }: { key: string; sizeBytes: number },
  put: () => Promise<unknown>,
): Promise<void> {
  await sql.begin(async (tx) => {
    const [dataset] = await tx`select 1 from datasets where id = ${datasetId} and purge is null for key share`;
    if (!dataset) return;
    await tx`insert into thumbnails (dataset_id, storage_key, size) values (${datasetId}, ${key}, ${sizeBytes})
      on conflict (dataset_id, storage_key) do update set size = excluded.size`;
    await put();
  });
}
