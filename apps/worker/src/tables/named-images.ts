import { Fingerprints, Hash, type ReportBuilder } from '@granary/formats';
import type { Column, Shard, Tables } from '@granary/tables';
import type { Sql, TransactionSql } from 'postgres';

/** What a column or member is called that names an image. */
const NAMES_IMAGES = /image|img|picture|photo|frame|^file_?names?$|^(file_?)?paths?$/i;
/** As the page of rows takes a value for an image. */
const IMAGE_PATH = /^[^\n]{1,1000}\.(?:jpe?g|png|webp|gif|bmp|tiff?|avif|heic)$/i;
const ADDRESS = /^[a-z][a-z0-9+.-]*:/i;
const NESTED = /^(list|struct|map|json)/;
const PAGE = 5000;

/** The paths of a dataset's images and what they end with: some bytes for each. */
export interface ImageNames {
  hasAny: boolean;
  /** Why no image is the one that is named; null where one is. */
  problemOf(name: string): string | null;
}

/** @param sql of the session of an import: what the dataset will have */
export async function imageNamesOf(sql: Sql | TransactionSql): Promise<ImageNames> {
  const [whole, ends, shared] = [new Fingerprints(), new Fingerprints(), new Fingerprints()];
  for await (const rows of sql<{ path: string }[]>`select path from listing where kind = 'image'`.cursor(PAGE)) {
    for (const { path } of rows) {
      whole.add(Hash.of(path));
      for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
        const end = Hash.of(path.slice(at + 1));
        if (ends.add(end) !== 0) shared.add(end);
      }
    }
  }
  return {
    hasAny: whole.size > 0,
    problemOf(name) {
      const hash = Hash.of(name.replace(/^(?:\.?\/)+/, '').normalize('NFC'));
      if (whole.get(hash) !== 0) return null;
      if (ends.get(hash) === 0) return 'no image of this name';
      return shared.get(hash) === 0 ? null : 'several images of this name';
    },
  };
}

/** Tells of rows that name an image which the dataset does not have. */
export async function reportMissingImages(
  tables: Tables,
  images: ImageNames,
  { shards, name }: { shards: readonly Shard[]; name: string },
  { report, signal }: { report: ReportBuilder; signal: AbortSignal },
): Promise<void> {
  const columns = await tables.columns(shards, signal);
  const chosen = columns.filter((column) => mayNameImages(column, images.hasAny)).map((column) => column.name);
  if (chosen.length === 0) return;
  let number = 0;
  await tables.forEach(shards, chosen, signal, async (rows) => {
    for (const row of rows) {
      const problem = problemIn(row, '', images);
      if (problem !== null) report.add('row_image_missing', { path: name, detail: `row ${number}: ${problem}` });
      number++;
    }
  });
}

function mayNameImages({ name, type }: Column, hasImages: boolean): boolean {
  if (type === 'string') return NAMES_IMAGES.test(name);
  return NESTED.test(type) && (hasImages || NAMES_IMAGES.test(name));
}

/** The first image that is missing, and why; what stands beside bytes of its own is none. */
function problemIn(value: unknown, key: string, images: ImageNames): string | null {
  if (typeof value === 'string') {
    if (!NAMES_IMAGES.test(key) || !IMAGE_PATH.test(value) || ADDRESS.test(value)) return null;
    const problem = images.problemOf(value);
    return problem === null ? null : `${value} (${problem})`;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return firstOf(value, (item) => problemIn(item, key, images));
  const entries = Object.entries(value);
  if (entries.some(([, inner]) => typeof inner === 'object' && inner !== null && '$bytes' in inner)) return null;
  return firstOf(entries, ([name, inner]) => problemIn(inner, name, images));
}

function firstOf<T>(items: readonly T[], problemOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== null) return problem;
  }
  return null;
}
