import { join } from 'node:path';
import { Spool } from '@granary/archives';
import type { Database, ExportLoss } from '@granary/db';
import { isImagePath, writerOf } from '@granary/formats';
import type { Tables } from '@granary/tables';
import { type ExportItem, wholeText } from './item.ts';
import type { Order } from './order.ts';
import { parquetImageItems } from './parquet-images.ts';
import { parquetItems, rowItems, rowLosses } from './rows.ts';
import type { StoredFiles } from './stored.ts';
import { originalItems } from './tree.ts';
import { webDatasetItems } from './webdataset.ts';
import { lossesOfOrder, writtenItems } from './written.ts';

interface Context {
  database: Database;
  tables: Tables;
  signal: AbortSignal;
  /** For what waits on disk until it is packed. */
  folder: string;
  stored: StoredFiles;
}

/** What an export says of itself, for programs that find it. */
const ABOUT = 'granary.json';
/** Of an export without images: which image goes where. */
const IMAGES = 'images.jsonl';

/** What of an order its format cannot hold. */
export async function lossesFor(context: Context, order: Order): Promise<ExportLoss[]> {
  const { format } = order.row;
  if (order.dataset.numImages === 0 && (format === 'csv' || format === 'jsonl')) return rowLosses(context, order);
  const writer = writerFor(order);
  return writer ? lossesOfOrder(context.database, order, writer) : [];
}

/** Everything that goes into an export: what it is, and then its files. */
export async function* contentsOf(
  context: Context,
  order: Order,
  losses: readonly ExportLoss[],
): AsyncGenerator<ExportItem> {
  // A tree may have one of its own, of an export that it was made from.
  yield { path: ABOUT, text: wholeText(`${JSON.stringify(aboutOf(order, losses), null, 2)}\n`) };
  const items = itemsOf(context, order);
  yield* order.row.options.images ? withoutAbout(items) : withImagesListed(withoutAbout(items), context.folder);
}

function itemsOf(context: Context, order: Order): AsyncGenerator<ExportItem> {
  const { database } = context;
  const { format } = order.row;
  if (format === 'original') return originalItems(database, order);
  if (order.dataset.numImages === 0) {
    if (format === 'parquet') return parquetItems(database, order);
    if (format === 'csv' || format === 'jsonl') return rowItems(context, order, format);
  }
  if (format === 'webdataset') return webDatasetItems(database, order, context.stored);
  if (format === 'parquet') return parquetImageItems(database, order, context);
  const writer = writerFor(order);
  if (!writer) throw new Error(`Nothing writes ${format}`);
  return writtenItems(database, order, writer);
}

const writerFor = ({ row: { format } }: Order) =>
  format === 'original' ? undefined : writerOf(format as Parameters<typeof writerOf>[0]);

async function* withoutAbout(items: AsyncIterable<ExportItem>): AsyncGenerator<ExportItem> {
  for await (const item of items) if (item.path !== ABOUT) yield item;
}

/** Leaves images out, and lists them behind the rest. */
async function* withImagesListed(items: AsyncIterable<ExportItem>, folder: string): AsyncGenerator<ExportItem> {
  const list = new Spool(join(folder, IMAGES));
  for await (const item of items) {
    if (!('file' in item) || !isImagePath(item.file.path)) {
      yield item;
      continue;
    }
    const { path: source, sha256, sizeBytes: size } = item.file;
    await list.write(`${JSON.stringify({ path: item.path, source, sha256, size })}\n`);
  }
  yield { path: IMAGES, text: textOf(list) };
}

async function* textOf(list: Spool): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of list.read()) yield decoder.decode(chunk, { stream: true });
}

function aboutOf({ row, dataset }: Order, losses: readonly ExportLoss[]) {
  const { format, revision, version, options, createdAt } = row;
  const { id, name, description, license, citation, taskType, contentHash, classNames } = dataset;
  return {
    granary: 1,
    dataset: { id, name, description },
    ...{ version, revision, contentHash, format, ...options },
    createdAt: createdAt.toISOString(),
    ...{ license, citation: citation === '' ? null : citation },
    ...{ taskType, classNames },
    losses,
  };
}
