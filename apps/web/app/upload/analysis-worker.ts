import { isArchive } from '@granary/client/plan';
import {
  analysisOf,
  cleanEntryName,
  csvByCard,
  type DatasetSource,
  entryOf,
  FormatError,
  type ImageEntry,
  isImagePath,
  isRecordsPath,
  joiningOf,
  listedSource,
  membersOf,
  type OwnImage,
  PROBE_HEAD_BYTES,
  PROBE_TAIL_BYTES,
  probeImage,
  ReportBuilder,
  tableKindOf,
} from '@granary/formats';
import { headOfCsv } from '@granary/tables/csv';
import { BlobReader, configure, type FileEntry, ZipReader } from '@zip.js/zip.js/index-native.js';
import pLimit from 'p-limit';
import type { AnalysisMessage, CsvHead, FromAnalysis, Listed, ToAnalysis } from './analysis';

/** More images than this are not looked into before they are uploaded; the import looks into all. */
const MAX_PROBED = 20_000;
/** Enough for the header of nearly every image. */
const SMALL_HEAD_BYTES = 16 * 1024;
const PARALLEL_READS = 16;
/** Larger files of records are not looked into before they are uploaded. */
const MAX_RECORDS_BYTES = 1024 ** 3;

/** A file that lies in no archive, and its place in the listing. */
interface Loose {
  path: string;
  index: number;
}

/** What can be opened of a file that was picked, or that lies in a picked archive. */
type Opener = (start: number) => AsyncIterable<Uint8Array>;

configure({ useWebWorkers: false });

const tell = (message: FromAnalysis) => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToAnalysis>) => {
  if ('file' in data) {
    waiting.get(data.index)?.(data.file);
    waiting.delete(data.index);
    return;
  }
  analyse(data.listing, data.own).then(tell, (error: unknown) => {
    tell({ state: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
};

/** By the index of the file: who waits for its handle. */
const waiting = new Map<number, (file: File) => void>();
const asked = new Map<number, Promise<File>>();

/** The handle of a file, which the page has; two that ask at once are given the same. */
function handleOf(index: number): Promise<File> {
  const pending = asked.get(index);
  if (pending) return pending;
  const promise = new Promise<File>((given) => {
    waiting.set(index, given);
    tell({ state: 'asking', index });
  }).finally(() => asked.delete(index));
  asked.set(index, promise);
  return promise;
}

async function analyse(listing: readonly Listed[], own: readonly OwnImage[]): Promise<AnalysisMessage> {
  const report = new ReportBuilder();
  const files = new Map<string, { sizeBytes: number; open: Opener | null }>();
  const inRecords = new Map<string, ImageEntry>();
  const unopened: string[] = [];
  const loose: Loose[] = [];
  const add = (name: string, sizeBytes: number, open: Opener | null): string | null => {
    const cleaned = cleanEntryName(name);
    if ('refused' in cleaned) report.add(cleaned.refused, { path: name, detail: cleaned.reason });
    else if (files.has(cleaned.path)) report.add('duplicate_entry', { path: cleaned.path });
    else {
      files.set(cleaned.path, { sizeBytes, open });
      return cleaned.path;
    }
    return null;
  };
  const addUnpacked = async (path: string, sizeBytes: number, open: Opener): Promise<void> => {
    const isUnpacked = sizeBytes <= MAX_RECORDS_BYTES && (await addRecords(path, open, add, inRecords));
    if (!isUnpacked) add(path, sizeBytes, open);
  };
  for (const [index, { path, sizeBytes }] of listing.entries()) {
    if (/\.zip$/i.test(path)) {
      for (const entry of await entriesOf(path, await handleOf(index))) {
        const { filename, uncompressedSize } = entry;
        if (isRecordsPath(filename)) await addUnpacked(filename, uncompressedSize, opener(entry));
        else add(filename, uncompressedSize, opener(entry));
      }
    } else if (isRecordsPath(path)) {
      await addUnpacked(path, sizeBytes, async function* open(start) {
        yield* (await handleOf(index)).slice(start).stream();
      });
    } else if (isArchive(path)) unopened.push(path);
    else {
      const added = add(path, sizeBytes, async function* open(start) {
        yield* (await handleOf(index)).slice(start).stream();
      });
      if (added !== null) loose.push({ path: added, index });
    }
  }
  const images = await probe(loose, report);
  const source = sourceOf(files, new Map([...images, ...inRecords]));
  const analysis = own.length > 0 ? await joiningOf(source, own, { report }) : await analysisOf(source, { report });
  return { state: 'done', analysis, unopened, tables: analysis.taskType === 'text' ? await headsOf(source) : [] };
}

/** As many CSV files are shown as people look at. */
const MOST_PREVIEWS = 5;

async function headsOf(source: DatasetSource): Promise<CsvHead[]> {
  const heads: CsvHead[] = [];
  const byCard = await csvByCard(source);
  for await (const batch of source.files()) {
    for (const { path } of batch.filter((file) => tableKindOf(file.path) === 'csv')) {
      if (heads.length === MOST_PREVIEWS) return heads;
      const head = await headOfCsv(path, source.stream(path));
      if (head) heads.push({ path, head, card: byCard.get(path) });
    }
  }
  return heads;
}

/** Adds what a TFRecord file holds, as the import unpacks it; false for one that is something else. */
async function addRecords(
  path: string,
  open: Opener,
  add: (name: string, sizeBytes: number, open: Opener | null) => string | null,
  images: Map<string, ImageEntry>,
): Promise<boolean> {
  try {
    for await (const member of membersOf(path, open(0))) {
      const { bytes } = member;
      if (!isImagePath(member.path)) {
        add(member.path, bytes.length, async function* once(start) {
          yield bytes.subarray(start);
        });
        continue;
      }
      const added = add(member.path, bytes.length, null);
      const looked = probeImage(bytes.subarray(0, PROBE_HEAD_BYTES), bytes.subarray(-PROBE_TAIL_BYTES));
      if (added !== null) images.set(added, { path: added, width: looked.width, height: looked.height });
    }
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

async function entriesOf(path: string, file: Blob): Promise<FileEntry[]> {
  try {
    const entries = await new ZipReader(new BlobReader(file)).getEntries();
    return entries.filter((entry): entry is FileEntry => !entry.directory);
  } catch (error) {
    throw new Error(`${path} cannot be opened as a zip archive (${(error as Error).message}).`);
  }
}

function opener(entry: FileEntry): Opener {
  return async function* open(start) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    // Who leaves off early breaks the stream on purpose.
    const reading = entry.getData(writable).then(
      () => null,
      (error: unknown) => error,
    );
    let skip = start;
    for await (const chunk of readable) {
      if (skip < chunk.length) yield chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
    const error = await reading;
    if (error) throw error;
  };
}

/** Dimensions of the images that lie in folders; those in archives would have to be inflated. */
async function probe(loose: readonly Loose[], report: ReportBuilder): Promise<Map<string, ImageEntry>> {
  const images = loose.filter(({ path }) => isImagePath(path));
  const found = new Map<string, ImageEntry>();
  if (images.length > MAX_PROBED) return found;
  const limit = pLimit(PARALLEL_READS);
  let done = 0;
  const looks = images.map((image) =>
    limit(async () => {
      const { path, index } = image;
      const file = await handleOf(index);
      const tail = await bytesOf(file.slice(-PROBE_TAIL_BYTES));
      let looked = probeImage(await bytesOf(file.slice(0, SMALL_HEAD_BYTES)), tail);
      if (looked.problem) looked = probeImage(await bytesOf(file.slice(0, PROBE_HEAD_BYTES)), tail);
      if (++done % 200 === 0) tell({ state: 'running', done, total: images.length });
      return { path, looked };
    }),
  );
  for (const look of looks) {
    const { path, looked } = await look;
    found.set(path, entryOf(path, looked, report));
  }
  return found;
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

function sourceOf(
  files: ReadonlyMap<string, { sizeBytes: number; open: Opener | null }>,
  images: ReadonlyMap<string, ImageEntry>,
): DatasetSource {
  const listed = [...files].map(([path, { sizeBytes }]) => ({ path, sizeBytes }));
  return listedSource(listed, {
    open: (path, start) => files.get(path)?.open?.(start) ?? null,
    imageOf: (path) => images.get(path) ?? { path, width: null, height: null },
  });
}
