import type { Detection, FormatReader } from '../format.ts';
import { filesOf, type Listing } from '../listing.ts';
import type { DatasetSource } from '../source.ts';
import { isOwnShard, type TableKind, tableKindOf, tableSplitOf } from './layout.ts';

const IMAGES: Detection = { confidence: 0, reasons: ['There are images.'] };

/** Rows in files, such as texts to train on: what is in them is read by an engine of tables, not here. */
export const parquet: FormatReader = {
  format: 'parquet',
  async detect(_source, listing) {
    if (listing.numImages > 0) return IMAGES;
    const columnar = filesOf(listing, 'parquet', 'arrow').filter(isOfRows);
    if (columnar.length > 0) {
      // Shards that were made of other files do not say what these are.
      const isMade = columnar.every(({ path }) => isOwnShard(path)) && hasOtherRows(listing);
      return { confidence: isMade ? 0.3 : 0.95, reasons: ['There are Parquet or Arrow files.'] };
    }
    const texts = filesOf(listing, 'txt').filter(({ path }) => tableSplitOf(path) !== null);
    return texts.length > 0 && texts.length === listing.numFiles
      ? { confidence: 0.3, reasons: ['There are only text files, named after splits: each line is a row.'] }
      : { confidence: 0, reasons: ['There are no Parquet or Arrow files.'] };
  },
  read: (context) => readRows(context.source, ['parquet', 'arrow', 'lines']),
};

export const jsonl: FormatReader = {
  format: 'jsonl',
  async detect(source, listing) {
    if (listing.numImages > 0) return IMAGES;
    const lines = filesOf(listing, 'jsonl', 'ndjson', 'gz').filter(({ path }) => tableKindOf(path) === 'jsonl');
    if (lines.length > 0) return { confidence: 0.9, reasons: ['There are JSON Lines files.'] };
    const [first] = filesOf(listing, 'json');
    if (first && !source.isListingOnly && (await beginsWithArray(source, first.path))) {
      return { confidence: 0.35, reasons: [`${first.path} is an array, whose items may be rows.`] };
    }
    return { confidence: 0, reasons: ['There are no JSON Lines files.'] };
  },
  read: (context) => readRows(context.source, ['jsonl']),
};

/** Whether a listing has CSV files and no images: then these are rows. */
export function detectRowsOfCsv(listing: Listing): Detection | null {
  if (listing.numImages > 0) return null;
  return { confidence: 0.7, reasons: ['There are CSV files and no images: each line is a row.'] };
}

const hasOtherRows = (listing: Listing): boolean =>
  filesOf(listing, 'jsonl', 'ndjson', 'json', 'csv', 'tsv', 'gz', 'zst').some(({ path }) => tableKindOf(path) !== null);

const isOfRows = ({ path }: { path: string }): boolean => !path.startsWith('tokenized/');

async function beginsWithArray(source: DatasetSource, path: string): Promise<boolean> {
  for await (const chunk of source.stream(path)) {
    const start = new TextDecoder().decode(chunk.subarray(0, 100)).trimStart();
    return /^\[\s*\{/.test(start);
  }
  return false;
}

/** Tells which files hold the rows. */
export async function* readRows(source: DatasetSource, kinds: readonly TableKind[]): ReturnType<FormatReader['read']> {
  for await (const files of source.files()) {
    const roles = files.flatMap(({ path }) => {
      const kind = isOfRows({ path }) ? tableKindOf(path) : null;
      return kind !== null && kinds.includes(kind) ? [{ path, kind: 'data' as const, split: null }] : [];
    });
    yield { images: [], roles };
  }
  return { classes: [], taskType: 'text' };
}
