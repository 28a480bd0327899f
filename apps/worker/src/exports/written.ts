import { writableDataset } from '@granary/core/annotations/writable';
import { isPartOfImages } from '@granary/core/exports/content';
import { requireFile } from '@granary/core/files/files';
import type { Database } from '@granary/db';
import { type FormatWriter, type Loss, lossesOf } from '@granary/formats';
import type { ExportItem, StoredFile } from './item.ts';
import type { Order } from './order.ts';

/** Pages of images whose files are still known: writers hand on images while they go through them. */
const KNOWN_PAGES = 4;

/** A dataset in a format, with repairs and renamed classes in it. */
export async function* writtenItems(
  database: Database,
  { dataset, part }: Order,
  writer: FormatWriter,
): AsyncGenerator<ExportItem> {
  const pages: Map<string, StoredFile>[] = [];
  const writable = await writableDataset(database, dataset, part.revision, {
    which: isPartOfImages(part),
    onPage(files) {
      pages.push(new Map(files.map((file) => [file.path, file])));
      if (pages.length > KNOWN_PAGES) pages.shift();
    },
  });
  const fileOf = async (path: string): Promise<StoredFile> =>
    pages.map((page) => page.get(path)).find((file) => file !== undefined) ??
    (await requireFile(database, part.datasetId, { path }, part.revision));
  for await (const item of writer.write({ ...writable, isPacked: true })) {
    yield 'copyOf' in item ? { path: item.path, file: await fileOf(item.copyOf) } : item;
  }
}

/** What of it the format cannot hold. */
export async function lossesOfOrder(
  database: Database,
  { dataset, part }: Order,
  writer: FormatWriter,
): Promise<Loss[]> {
  const which = isPartOfImages(part);
  return lossesOf(writer, await writableDataset(database, dataset, part.revision, { which }));
}
