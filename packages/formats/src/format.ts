import type { Listing } from './listing.ts';
import type { ClassDefinition, Format, ImageRecord, TaskType } from './model.ts';
import type { RepairCode } from './repairs.ts';
import type { ReportBuilder } from './report.ts';
import type { DatasetSource, FileRole } from './source.ts';

/** How sure a format is that a dataset is its own, and why, in words. */
export interface Candidate {
  format: Format;
  /** 0 to 1; 0 when the format is ruled out, and the reasons say by what. */
  confidence: number;
  reasons: string[];
}

/** What a format says of a dataset: see {@link Candidate}. */
export type Detection = Omit<Candidate, 'format'>;

export interface ReadBatch {
  images: ImageRecord[];
  /** The files, other than images of the dataset, that were read or recognised. */
  roles: FileRole[];
}

export interface ReadSummary {
  classes: ClassDefinition[];
  /** Null when nothing is labeled. */
  taskType: TaskType | null;
  /** The split of an image that no batch spoke of; by default what its folders say. */
  splitOf?: (path: string) => string | null;
  /** What the format's own writer needs of the dataset as a whole: licences, file names, key point layout. */
  source?: Record<string, unknown>;
}

/** All that a reader works with. */
export interface ReadContext {
  source: DatasetSource;
  listing: Listing;
  /** Findings and proposals go here; nothing that can be skipped and reported is thrown. */
  report: ReportBuilder;
  /** The repairs that a person has asked for. */
  repairs: ReadonlySet<RepairCode>;
  /** Whether the labels of a file take the place of what others say of the same images: these repeat nothing. */
  isOverriding(path: string): boolean;
  /** Only images that joined a dataset which was read before are asked for: nothing is to be said of the rest. */
  isAddition: boolean;
}

/** A dataset format that can be read: one folder of this package and one line in the registry. */
export interface FormatReader {
  readonly format: Format;
  /**
   * What is said of an image depends on nothing but its path, its own label file, and what describes the dataset as a
   * whole: images that are added can be read without the others.
   */
  readonly readsByImage?: true;
  detect(source: DatasetSource, listing: Listing): Promise<Detection>;
  /**
   * Yields images with their annotations, in no promised order; an image may come more than once when several files
   * speak of it. Images that the format says nothing about may be left out.
   */
  read(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary>;
}

/** A dataset as a writer gets it: each image once, with all of its annotations in their order. */
export interface WritableDataset {
  /** The format it was read from, whose `source` members are then the writer's own. */
  format: Format | null;
  taskType: TaskType | null;
  classes: readonly ClassDefinition[];
  source: Record<string, unknown>;
  /** It is packed for somewhere else: what describes it names places from its own folder on. */
  isPacked?: true;
  /** May be asked for several times: writers make a pass per file instead of keeping images in memory. */
  images(): AsyncIterable<readonly ImageRecord[]>;
}

/**
 * A file that a writer makes: text as it comes, with the path of the image where it is about one only, a PNG of masks, or an image
 * of the dataset under a new path.
 */
export type OutputFile =
  | { path: string; text: AsyncIterable<string>; of?: string }
  | { path: string; bytes: Uint8Array }
  | { path: string; copyOf: string };

/** A dataset format that can be written. */
export interface FormatWriter {
  readonly format: Format;
  /** Whether a dataset of the format itself is written without what its reader does not keep: nothing is promised then. */
  readonly losesOwnDetails?: true;
  /** Whether the format knows a class only from the annotations that have it. */
  readonly losesUnusedClasses?: true;
  /** Whether each labelled image has a file of its own, which depends on no other image. */
  readonly writesByImage?: true;
  /**
   * What of one image the format cannot hold, each as a short text such as "polygons become boxes": said before a
   * conversion starts. Empty for an image that comes back whole.
   */
  losses(image: ImageRecord, dataset: WritableDataset): Iterable<string>;
  write(dataset: WritableDataset): AsyncGenerator<OutputFile>;
}
