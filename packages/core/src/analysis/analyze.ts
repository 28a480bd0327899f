import { ArchiveError, DEFAULT_LIMITS, openUpload, type UploadedFile } from '@granary/archives';
import { datasets, uploads } from '@granary/db';
import {
  analysisOf,
  ContentUnavailable,
  cleanEntryName,
  csvByCard,
  type DatasetSource,
  joiningOf,
  listedSource,
  type OwnImage,
  ReportBuilder,
  readerOf,
  tableKindOf,
} from '@granary/formats';
import { type CsvOptions, type CsvPreview, headOfCsv, previewCsv } from '@granary/tables';
import { and, eq, getTableColumns, inArray } from 'drizzle-orm';
import type { z } from 'zod';
import { permits, requireDataset } from '../access/policy.ts';
import type { SignedInContext } from '../base/context.ts';
import { AppError } from '../errors/app-error.ts';
import { listImageNames } from '../images/images.ts';
import type { analyzed, analyzeInput } from './schemas.ts';
import { MAX_SPOOLED_BYTES, Spool } from './spool.ts';

/**
 * What a dataset would turn out to be, from its listing or from finished uploads; nothing is written to it.
 *
 * @throws AppError `upload_unknown`, `upload_not_ready`, `unreadable_upload`, `too_large_to_analyse`
 */
export async function analyzeFiles(
  ctx: SignedInContext,
  { uploadIds, listing, datasetId, formatHint, csv }: z.infer<typeof analyzeInput>,
): Promise<z.infer<typeof analyzed>> {
  if (formatHint && !readerOf(formatHint)) {
    throw new AppError('invalid_input', {
      issues: [{ path: 'formatHint', message: `"${formatHint}" cannot be read` }],
    });
  }
  const report = new ReportBuilder();
  const own = datasetId === undefined ? null : await ownImages(ctx, datasetId);
  const analysed = async (source: DatasetSource) => {
    const options = { report, formatHint };
    const analysis = await (own ? joiningOf(source, own, options) : analysisOf(source, options));
    return { ...analysis, csv: analysis.taskType === 'text' ? await previewsOf(source, csv) : [] };
  };
  if (listing) return analysed(sourceOfListing(listing, report));
  const files = await findUploads(ctx, uploadIds ?? []);
  const spool = await Spool.create(report);
  try {
    await fill(spool, ctx, files, report);
    return await analysed(spool.source());
  } catch (error) {
    if (error instanceof ArchiveError) throw new AppError('unreadable_upload', { message: error.message });
    throw error;
  } finally {
    await spool.close();
  }
}

/** As many CSV files are shown as people look at. */
const MOST_PREVIEWS = 5;

async function previewsOf(source: DatasetSource, csv: CsvOptions | undefined): Promise<CsvPreview[]> {
  const previews: CsvPreview[] = [];
  const byCard = await csvByCard(source);
  for await (const files of source.files()) {
    for (const { path } of files.filter(({ path }) => tableKindOf(path) === 'csv')) {
      if (previews.length === MOST_PREVIEWS) return previews;
      const head = await headOfCsv(path, source.stream(path)).catch((error) => {
        if (error instanceof ContentUnavailable) return null;
        throw error;
      });
      if (head) previews.push(previewCsv(path, head, { ...csv, ...byCard.get(path) }));
    }
  }
  return previews;
}

/** More images than that are not looked at while one waits. */
const MAX_OWN_IMAGES = 200_000;
const NAMES_AT_ONCE = 10_000;

/** The images of a dataset. @throws AppError `too_large_to_analyse` */
async function ownImages(ctx: SignedInContext, id: string): Promise<OwnImage[]> {
  await requireDataset(ctx.database, ctx.person, id, 'see');
  const images: OwnImage[] = [];
  let cursor: string | undefined;
  do {
    const page = await listImageNames(ctx.database, { id, limit: NAMES_AT_ONCE, cursor });
    images.push(...page.items);
    cursor = page.nextCursor ?? undefined;
    if (images.length > MAX_OWN_IMAGES) throw new AppError('too_large_to_analyse');
  } while (cursor !== undefined);
  return images;
}

function sourceOfListing(
  listing: NonNullable<z.infer<typeof analyzeInput>['listing']>,
  report: ReportBuilder,
): DatasetSource {
  const encoder = new TextEncoder();
  const texts = new Map<string, Uint8Array>();
  const files = listing.flatMap(({ path: name, size, text }) => {
    const cleaned = cleanEntryName(name);
    if ('refused' in cleaned) {
      report.add(cleaned.refused, { path: name.slice(0, 1000), detail: cleaned.reason });
      return [];
    }
    if (text !== undefined) texts.set(cleaned.path, encoder.encode(text));
    return [{ path: cleaned.path, sizeBytes: size }];
  });
  return listedSource(files, {
    isListingOnly: texts.size === 0,
    open(path, start) {
      const bytes = texts.get(path);
      return bytes ? once(bytes.subarray(start)) : null;
    },
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Uploads of datasets that the person may add to. */
async function findUploads(ctx: SignedInContext, ids: readonly string[]): Promise<UploadedFile[]> {
  // Those of a dataset that one may not see are not there.
  const rows = await ctx.database.db
    .select(getTableColumns(uploads))
    .from(uploads)
    .innerJoin(datasets, eq(datasets.id, uploads.datasetId))
    .where(and(inArray(uploads.id, [...ids]), permits(ctx.person, 'see')));
  for (const datasetId of new Set(rows.map((row) => row.datasetId))) {
    await requireDataset(ctx.database, ctx.person, datasetId, 'edit');
  }
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    if (!row || row.state === 'expired' || row.state === 'imported') {
      throw new AppError('upload_unknown', { issues: [{ path: 'uploadIds', message: id }] });
    }
    if (row.state !== 'finished')
      throw new AppError('upload_not_ready', { message: `The upload of ${row.filename} is not complete.` });
    const { filename, relativePath, kind, sizeBytes } = row;
    return { id, filename, relativePath, kind, sizeBytes: sizeBytes ?? 0 };
  });
}

async function fill(
  spool: Spool,
  ctx: SignedInContext,
  files: readonly UploadedFile[],
  report: ReportBuilder,
): Promise<void> {
  for (const file of files) {
    const archive = await openUpload(ctx.store, file, { ...DEFAULT_LIMITS, maxBytes: MAX_SPOOLED_BYTES * 10 });
    for await (const entry of archive.entries(0)) {
      if (entry.type === 'directory') continue;
      const cleaned = cleanEntryName(entry.name);
      if ('refused' in cleaned)
        report.add(cleaned.refused, { path: entry.name.slice(0, 1000), detail: cleaned.reason });
      else if (entry.type !== 'file') report.add('not_a_file', { path: cleaned.path, detail: entry.type.special });
      else await spool.add(cleaned.path, entry);
    }
  }
}
