import { type TarItem, writeTar } from '@granary/archives';
import type { Database } from '@granary/db';
import type { WritableDataset } from '@granary/formats';
import type { ExportItem } from './item.ts';
import type { Order } from './order.ts';
import { annotationsOf, nameOfSplit, openShard, planShards, type ShardImage, wholeOf } from './shards.ts';
import type { StoredFiles } from './stored.ts';

const LIMITS = { bytes: 500_000_000, images: 10_000 };

/** Tars for WebDataset: each image, and beside it a JSON of all that is said of it: https://github.com/webdataset/webdataset */
export async function* webDatasetItems(
  database: Database,
  order: Order,
  stored: StoredFiles,
): AsyncGenerator<ExportItem> {
  for (const shard of await planShards(database, order, LIMITS)) {
    const name = `${nameOfSplit(shard.split)}-${String(shard.index).padStart(6, '0')}.tar`;
    const content = async function* () {
      const { dataset, images } = await openShard(database, order, shard);
      yield* writeTar(membersOf(dataset, images(), stored));
    };
    yield { path: name, content };
  }
}

async function* membersOf(
  dataset: WritableDataset,
  images: AsyncIterable<ShardImage>,
  stored: StoredFiles,
): AsyncGenerator<TarItem> {
  let count = 0;
  for await (const { image, file } of images) {
    // What is behind the first dot of a name tells the kind of a member.
    const stem = file.path.slice(file.path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
    const key = `${String(count++).padStart(6, '0')}_${stem.replaceAll('.', '_')}`;
    const extension = file.path.slice(file.path.lastIndexOf('.') + 1).toLowerCase();
    yield { path: `${key}.${extension}`, sizeBytes: file.sizeBytes, content: stored.content(file) };
    const { labels, captions } = wholeOf(image, dataset);
    const said = Buffer.from(
      JSON.stringify({
        path: file.path,
        width: image.width,
        height: image.height,
        ...(labels.length > 0 ? { label: labels.length === 1 ? labels[0] : labels } : {}),
        ...(captions.length > 0 ? { caption: captions.length === 1 ? captions[0] : captions } : {}),
        annotations: annotationsOf(image, dataset),
      }),
    );
    yield { path: `${key}.json`, sizeBytes: said.length, content: once(said) };
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
