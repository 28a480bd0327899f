import type { Listing } from './listing.ts';
import type { ClassDefinition, Format, ImageRecord, TaskType } from './model.ts';
import type { ReportBuilder } from './report.ts';
import type { DatasetSource, FileRole } from './source.ts';

/** How sure a format is that a dataset is its own, and why, in words. */
export interface Candidate {
  format: Format;
  /** 0 to 1. */
  confidence: number;
  reasons: string[];
}

export interface ReadBatch {
  images: ImageRecord[];
  /** The files, other than images, that were read. */
  roles: FileRole[];
}

export interface ReadSummary {
  classes: ClassDefinition[];
  /** Null when nothing is labeled. */
  taskType: TaskType | null;
}

/** A dataset format: one folder of this package and one line in the registry. */
export interface FormatReader {
  readonly format: Format;
  /** Null when nothing speaks for this format. */
  detect(source: DatasetSource, listing: Listing): Promise<Candidate | null>;
  /**
   * Yields images with their annotations, in no promised order; an image may come more than once when several files
   * speak of it. Findings go to the report; nothing that can be skipped and reported is thrown.
   */
  read(source: DatasetSource, listing: Listing, report: ReportBuilder): AsyncGenerator<ReadBatch, ReadSummary>;
}
