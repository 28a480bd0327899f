import { AnnotationChecks, checkClasses } from './checks/checks.ts';
import { ImageCoverage } from './checks/images.ts';
import { FileCoverage } from './checks/unread.ts';
import type { Candidate, ReadBatch, ReadContext, ReadSummary } from './format.ts';
import { summarise } from './listing.ts';
import type { ClassDefinition, Format, TaskType } from './model.ts';
import { type Override, Overrides } from './overrides.ts';
import { splitOf } from './paths.ts';
import { detectFormats, readerOf, writerOf } from './registry.ts';
import type { RepairCode } from './repairs.ts';
import { type Report, ReportBuilder } from './report.ts';
import { ContentUnavailable, type DatasetSource } from './source.ts';

export interface AnalyseOptions {
  /** Read the dataset as this format, whatever it looks like. It must be one of {@link READABLE_FORMATS}. */
  formatHint?: Format | undefined;
  /** The repairs that a person has asked for; none is applied otherwise. */
  repairs?: ReadonlySet<RepairCode>;
  /** Findings made before; those of the analysis are added. */
  report?: ReportBuilder;
  added?: Addition | undefined;
  /** Labels that came to replace others: see {@link Override}. */
  overrides?: readonly Override[] | undefined;
}

/**
 * Images that have joined a dataset of the format `formatHint`, whose annotations were read before: nothing but these is
 * yielded. Where the format has its annotations in files for many images, none of these is read again.
 */
export interface Addition {
  images: DatasetSource['images'];
  /** Whether the dataset has annotations: an image without any is worth a word then. */
  isLabeled: boolean;
}

/** What a dataset turned out to be. */
export interface Analysis {
  /** Null when there is nothing that any format reads. */
  format: Format | null;
  /** 0 to 1. */
  confidence: number;
  /** All formats, the likeliest first; those ruled out have the confidence 0 and say why. */
  candidates: Candidate[];
  taskType: TaskType | null;
  classes: ClassDefinition[];
  /** What the format's own writer needs of the dataset as a whole. */
  source: Record<string, unknown>;
  counts: { files: number; images: number; annotations: number };
  /** Images by split. */
  splits: Record<string, number>;
  report: Report;
}

/**
 * Detects a dataset's format, reads all of its annotations, and checks them. Yields every image at least once, with its
 * annotations; several batches may speak of one image. Memory does not grow with the dataset but for some bytes per
 * image and annotation.
 */
export async function* analyse(
  dataset: DatasetSource,
  { formatHint, repairs = new Set(), report = new ReportBuilder(), added, overrides = [] }: AnalyseOptions = {},
): AsyncGenerator<ReadBatch, Analysis> {
  const source = added ? { ...dataset, images: added.images } : dataset;
  const listing = await summarise(source.files());
  const candidates = added ? [] : await detectFormats(source, listing);
  const [best] = candidates;
  const format = formatHint ?? (best && best.confidence > 0 ? best.format : null);
  const known = format === null || source.isListingOnly ? undefined : readerOf(format);
  const reader = added && !known?.readsByImage ? undefined : known;
  const isAddition = added !== undefined;
  const first: ReadContext = { source, listing, report, repairs, isAddition, isOverriding: () => false };
  const overridden = reader && overrides.length > 0 ? await Overrides.read(reader, first, overrides) : null;
  const context: ReadContext = { ...first, isOverriding: overridden?.isOverriding ?? first.isOverriding };
  const coverage = new ImageCoverage(context);
  const files = new FileCoverage(context);
  let summary: ReadSummary = { classes: [], taskType: null };
  let numAnnotations = 0;
  let isReadWhole = !source.isListingOnly;
  if (reader) {
    const checks = new AnnotationChecks(context);
    const batches = gathered(reader.read(context));
    for (;;) {
      const step = await batches.next().catch((error) => {
        if (!(error instanceof ContentUnavailable)) throw error;
        report.add('content_not_given', { path: error.path });
        isReadWhole = false;
        return { done: true, value: summary } as const;
      });
      if (step.done) {
        summary = step.value;
        break;
      }
      const counting = step.value.images.filter((record) => overridden?.counts(record) ?? true);
      const images = counting.map((record) => checks.check(record));
      for (const role of step.value.roles) {
        coverage.seeRole(role);
        files.see(role);
      }
      for (const record of images) {
        coverage.see(record);
        numAnnotations += record.annotations.length;
      }
      yield { images, roles: step.value.roles };
    }
  }
  yield* coverage.rest(numAnnotations > 0 || added?.isLabeled === true, summary.splitOf ?? splitOf);
  if (!added && isReadWhole) await files.report();
  const classes = checkClasses(context, summary.classes);
  return {
    format,
    confidence: candidates.find((candidate) => candidate.format === format)?.confidence ?? 0,
    candidates,
    taskType: numAnnotations > 0 || summary.taskType === 'text' ? summary.taskType : null,
    classes,
    source: summary.source ?? {},
    counts: { files: listing.numFiles, images: coverage.numImages, annotations: numAnnotations },
    splits: coverage.splits,
    report: report.build(format !== null && canComeBack(format) && !source.isListingOnly),
  };
}

/** Images, annotations and roles that are handed on together: hosts write each batch in one go. */
const GATHERED = 500;

/** Small batches, such as readers of a file per image make, joined to larger ones. */
async function* gathered(batches: AsyncGenerator<ReadBatch, ReadSummary>): AsyncGenerator<ReadBatch, ReadSummary> {
  let open: ReadBatch = { images: [], roles: [] };
  let size = 0;
  for (;;) {
    const step = await batches.next();
    if (step.done) {
      if (size > 0) yield open;
      return step.value;
    }
    const { images, roles } = step.value;
    size += images.reduce((sum, { annotations }) => sum + annotations.length + 1, roles.length);
    for (const image of images) open.images.push(image);
    for (const role of roles) open.roles.push(role);
    if (size < GATHERED) continue;
    yield open;
    open = { images: [], roles: [] };
    size = 0;
  }
}

/** Whether all that is read of a format is written again. */
function canComeBack(format: Format): boolean {
  const writer = writerOf(format);
  return writer !== undefined && writer.losesOwnDetails !== true;
}

/** An analysis as it is shown and sent: without what only writers need. */
export interface AnalysisSummary extends Report {
  format: Format | null;
  confidence: number;
  candidates: Candidate[];
  taskType: TaskType | null;
  classes: string[];
  counts: Analysis['counts'];
  splits: Record<string, number>;
}

/** Reads a dataset to its end for what it would turn out to be. */
export async function analysisOf(source: DatasetSource, options?: AnalyseOptions): Promise<AnalysisSummary> {
  const batches = analyse(source, options);
  for (;;) {
    const step = await batches.next();
    if (step.done) return summaryOf(step.value);
  }
}

export function summaryOf(analysis: Analysis): AnalysisSummary {
  const { format, confidence, candidates, taskType, classes, counts, splits, report } = analysis;
  return {
    format,
    confidence,
    candidates,
    taskType,
    classes: classes.map(({ name }) => name),
    counts,
    splits,
    ...report,
  };
}
