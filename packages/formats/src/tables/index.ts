import type { Detection, FormatReader, ReadContext } from '../format.ts';
import { filesOf, type Listing } from '../listing.ts';
import { type DatasetSource, type FileEntry, headOf } from '../source.ts';
import { cardOf, cardPathOf } from './card.ts';
import { isOwnShard, layoutOf, mayHoldRows, type TableKind, tableKindOf, tableSplitOf } from './layout.ts';
import { memberOf, samplesIn } from './samples.ts';

/** Whether files without images make up samples of texts, as WebDataset packs them. */
export async function detectSamples(source: DatasetSource, listing: Listing): Promise<Detection | null> {
  if (listing.numImages > 0) return null;
  const samples = samplesIn([...listing.samples.values()].flat().map(({ path }) => path));
  if (samples === null) return null;
  const isSingle = new Set(samples.map((path) => memberOf(path).member)).size === 1;
  if (isSingle && (await areNumbers(source, samples[0] ?? ''))) return null;
  return {
    confidence: isSingle ? 0.32 : 0.6,
    reasons: isSingle
      ? ['There are numbered texts, or very many: each is a row.']
      : ['Texts of one name differ in their extension: together they are a row.'],
  };
}

const IMAGES: Detection = { confidence: 0, reasons: ['There are images.'] };

/** Rows in files, such as texts to train on: what is in them is read by an engine of tables, not here. */
export const parquet: FormatReader = {
  format: 'parquet',
  async detect(source, listing) {
    if (listing.numImages > 0) return IMAGES;
    const columnar = [...rowFiles(listing, 'parquet'), ...rowFiles(listing, 'arrow')];
    if (columnar.length > 0) {
      // Shards that were made of other files do not say what these are.
      const isMade = columnar.every(({ path }) => isOwnShard(path)) && hasOtherRows(listing);
      return { confidence: isMade ? 0.3 : 0.95, reasons: ['There are Parquet or Arrow files.'] };
    }
    if (await hasTextsOnly(source, listing))
      return { confidence: 0.3, reasons: ['There are only text files: each line is a row.'] };
    return { confidence: 0, reasons: ['There are no Parquet or Arrow files.'] };
  },
  read: (context) => readRows(context),
};

export const jsonl: FormatReader = {
  format: 'jsonl',
  async detect(source, listing) {
    const files = rowFiles(listing, 'jsonl');
    if (listing.numImages > 0) {
      for (const { path } of source.isListingOnly ? [] : files.slice(0, MOST_DOCUMENTS)) {
        if (!namesImagesOfChats(await headOf(source, path))) continue;
        return { confidence: 0.92, reasons: [`${path} has conversations about images.`] };
      }
      return IMAGES;
    }
    const lines = files.filter(({ path }) => !isDocument(path));
    if (lines.length > 0) return { confidence: 0.9, reasons: ['There are JSON Lines files.'] };
    for (const { path } of source.isListingOnly ? [] : files.slice(0, MOST_DOCUMENTS)) {
      const reason = await rowsOfDocument(source, path);
      if (reason) return { confidence: 0.35, reasons: [`${path} ${reason}, which may be rows.`] };
    }
    return { confidence: 0, reasons: ['There are no JSON Lines files.'] };
  },
  read: (context) => readRows(context),
};

/** Documents of JSON beyond these are not looked into for rows. */
const MOST_DOCUMENTS = 20;
/** More texts than these, without splits in their names, are rather a folder of documents or labels. */
const MOST_TEXTS = 20;

const isDocument = (path: string): boolean => /\.json(\.\w+)?$/i.test(path);

/** Whether a listing has CSV files and no images: then these are rows. */
export function detectRowsOfCsv(listing: Listing): Detection | null {
  if (listing.numImages > 0 || rowFiles(listing, 'csv').length === 0) return null;
  return { confidence: 0.7, reasons: ['There are CSV files and no images: each line is a row.'] };
}

const EXTENSIONS: Record<TableKind, readonly string[]> = {
  parquet: ['parquet', 'pq'],
  arrow: ['arrow', 'feather'],
  jsonl: ['jsonl', 'ndjson', 'json', 'gz', 'zst', 'bz2', 'xz'],
  csv: ['csv', 'tsv', 'gz', 'zst', 'bz2', 'xz'],
  lines: ['txt', 'gz', 'zst', 'bz2', 'xz'],
};

const rowFiles = (listing: Listing, kind: TableKind): FileEntry[] =>
  filesOf(listing, ...EXTENSIONS[kind]).filter(
    ({ path }) => isOfRows(path) && mayHoldRows(path) && tableKindOf(path) === kind,
  );

const hasOtherRows = (listing: Listing): boolean =>
  rowFiles(listing, 'jsonl').length > 0 || rowFiles(listing, 'csv').length > 0;

const isOfRows = (path: string): boolean => !path.startsWith('tokenized/');

/** Texts that are named after splits, or few, and do not look like labels. */
async function hasTextsOnly(source: DatasetSource, listing: Listing): Promise<boolean> {
  const texts = rowFiles(listing, 'lines');
  const [first] = texts;
  const others = [...listing.counts].filter(
    ([extension]) => !EXTENSIONS.lines.includes(extension) && extension !== 'md',
  );
  if (!first || others.length > 0) return false;
  if (texts.some(({ path }) => tableSplitOf(path) !== null)) return true;
  if (texts.length > MOST_TEXTS) return false;
  return !(await areNumbers(source, first.path));
}

/** Whether a text is lines of numbers, as labels of images are. */
async function areNumbers(source: DatasetSource, path: string): Promise<boolean> {
  if (source.isListingOnly || /\.(gz|zst|bz2|xz|json)$/i.test(path)) return false;
  const lines = (await headOf(source, path, 4096)).split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, 20).every((line) => /^\s*\S*(\s+-?\d+(\.\d+)?){4,}\s*$/.test(line));
}

/** LLaVA (https://github.com/haotian-liu/LLaVA/blob/main/docs/Finetune_Custom_Data.md) and chats that name their images. */
const namesImagesOfChats = (head: string): boolean =>
  /"(images?|image_path|image_file)"\s*:\s*(\[\s*)?"[^"]+\.\w+"/i.test(head) &&
  /"(conversations?|messages)"\s*:\s*\[\s*\{/i.test(head);

/** How a document of JSON holds rows, in words; null for one that holds none as far as its beginning says. */
async function rowsOfDocument(source: DatasetSource, path: string): Promise<string | null> {
  if (/\.(gz|zst|bz2|xz)$/i.test(path)) return 'is a compressed document';
  const head = (await headOf(source, path)).replace(/^\uFEFF/, '').trimStart();
  if (/^\[\s*\{/.test(head)) return 'is an array of objects';
  if (/^\{[^\n]*\}\s*\n\s*\{/.test(head)) return 'has an object on each line';
  return /^\{[\s\S]*"(data|rows|examples|records|items|samples|train)"\s*:\s*\[\s*\{/.test(head)
    ? 'holds an array of objects'
    : null;
}

/** Tells which files hold the rows, and which do not although they may. */
export async function* readRows({ source, listing, report }: ReadContext): ReturnType<FormatReader['read']> {
  const paths: string[] = [];
  const readmes: string[] = [];
  for await (const files of source.files()) {
    for (const { path } of files) {
      if (isOfRows(path) && (mayHoldRows(path) || listing.numImages === 0)) paths.push(path);
      if (/(^|\/)readme\.md$/i.test(path)) readmes.push(path);
    }
  }
  const card = cardPathOf(readmes);
  const readme = card === null || source.isListingOnly ? null : (await source.texts([card])).get(card);
  const configs = card !== null && readme ? cardOf(card, readme) : [];
  if (card !== null && configs === null) report.add('config_unreadable', { path: card, detail: 'configs' });
  // Shards that were made of other files are told from those that were brought where they are made.
  const brought = paths.filter((path) => !isOwnShard(path));
  const { splits, unread, unmatched } = layoutOf(brought.length > 0 ? brought : paths, {
    configs: configs ?? [],
    hasSamples: true,
  });
  if (card !== null && configs && configs.length > 0 && unmatched.length < configs.length)
    report.add('card_followed', { path: card });
  for (const pattern of unmatched) report.add('card_unmatched', { path: card ?? '', detail: pattern });
  for (const { path, reason } of unread) report.add('rows_not_read', { path, detail: reason });
  const chosen = splits.flatMap(({ paths }) => paths);
  const own = brought.length > 0 ? paths.filter(isOwnShard) : [];
  yield { images: [], roles: [...chosen, ...own].map((path) => ({ path, kind: 'data', split: null })) };
  return { classes: [], taskType: 'text' };
}
