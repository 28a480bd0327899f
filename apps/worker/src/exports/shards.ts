import { writableDataset } from '@granary/core/annotations/writable';
import { isPartOfImages } from '@granary/core/exports/content';
import { type Database, datasetFiles } from '@granary/db';
import type { ImageRecord, WritableDataset } from '@granary/formats';
import { and, eq, gt, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { StoredFile } from './item.ts';
import type { Order } from './order.ts';
import { treeFiles } from './tree.ts';

/** Images of one split that go into one file, by their paths: behind the first, up to the second. */
export interface Shard {
  split: string | null;
  index: number;
  after: string;
  upTo: string;
}

/** What a shard of images holds at most. */
export interface ShardLimits {
  bytes: number;
  images: number;
}

/** An image with what is on it and where its content is. */
export interface ShardImage {
  image: ImageRecord;
  file: StoredFile;
}

/** Cuts the images of an order into shards, split by split, in the order of their paths. */
export async function planShards(database: Database, order: Order, limits: ShardLimits): Promise<Shard[]> {
  const shards: Shard[] = [];
  for (const split of await splitsOf(database, order)) {
    let now: { shard: Shard; bytes: number; images: number } | null = null;
    let [index, after] = [0, ''];
    for await (const file of treeFiles(database, order, and(eq(datasetFiles.kind, 'image'), isOfSplit(split)))) {
      const isFull: boolean =
        now !== null && (now.images >= limits.images || now.bytes + file.sizeBytes > limits.bytes);
      if (!now || isFull) {
        now = { shard: { split, index: index++, after, upTo: '' }, bytes: 0, images: 0 };
        shards.push(now.shard);
      }
      now.bytes += file.sizeBytes;
      now.images++;
      now.shard.upTo = after = file.path;
    }
  }
  return shards;
}

async function splitsOf({ db }: Database, { part }: Order): Promise<(string | null)[]> {
  const rows = await db
    .selectDistinct({ split: datasetFiles.split })
    .from(datasetFiles)
    .where(
      and(
        eq(datasetFiles.datasetId, part.datasetId),
        eq(datasetFiles.kind, 'image'),
        sql`${datasetFiles.addedIn} <= ${part.revision} and (${datasetFiles.removedIn} is null or ${datasetFiles.removedIn} > ${part.revision})`,
        isPartOfImages(part),
      ),
    );
  return rows.map(({ split }) => split).sort();
}

const isOfSplit = (split: string | null): SQL =>
  split === null ? isNull(datasetFiles.split) : eq(datasetFiles.split, split);

/** The dataset as writers see it, with the images of one shard only, and their files. */
export async function openShard(
  database: Database,
  { dataset, part }: Order,
  { split, after, upTo }: Shard,
): Promise<{ dataset: WritableDataset; images(): AsyncGenerator<ShardImage> }> {
  let files = new Map<string, StoredFile>();
  const { path } = datasetFiles;
  const which = and(isPartOfImages(part), isOfSplit(split), gt(path, after), lte(path, upTo));
  const writable = await writableDataset(database, dataset, part.revision, {
    which,
    onPage: (page) => (files = new Map(page.map((file) => [file.path, file]))),
  });
  async function* images() {
    for await (const batch of writable.images()) {
      for (const image of batch) {
        const file = files.get(image.path);
        if (!file) throw new Error(`${image.path} came without its file`);
        yield { image, file };
      }
    }
  }
  return { dataset: writable, images };
}

/** What is called so nowhere else: a split, or "all" for what is in none. */
export const nameOfSplit = (split: string | null): string => (split ?? 'all').replace(/[^\w.-]+/g, '_');

/** All that is said of an image's annotations, with names for its classes. */
export function annotationsOf(image: ImageRecord, { classes }: WritableDataset): Record<string, unknown>[] {
  return image.annotations.map(({ type, classIndex, geometry, attributes }) => ({
    type,
    class: classIndex === null ? null : (classes[classIndex]?.name ?? null),
    ...geometry,
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
  }));
}

/** The classes and the captions of an image as a whole. */
export function wholeOf(image: ImageRecord, { classes }: WritableDataset): { labels: string[]; captions: string[] } {
  const labels = image.annotations.flatMap(({ type, classIndex }) =>
    type === 'classification' && classIndex !== null ? [classes[classIndex]?.name ?? ''] : [],
  );
  const captions = image.annotations.flatMap(({ type, geometry }) => (type === 'caption' ? [geometry.caption] : []));
  return { labels, captions };
}
