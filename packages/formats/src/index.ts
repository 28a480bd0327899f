export type { Candidate, FormatReader, ReadBatch, ReadSummary } from './format.ts';
export {
  type ImageProbe,
  type ImageProblem,
  MAX_PIXELS,
  PROBE_HEAD_BYTES,
  PROBE_TAIL_BYTES,
  probeImage,
} from './image-probe.ts';
export { FormatError } from './json-stream.ts';
export { type Listing, summarise } from './listing.ts';
export { memorySource } from './memory-source.ts';
export {
  type Annotation,
  type Box,
  type ClassDefinition,
  FORMATS,
  type Format,
  type ImageRecord,
  type Shape,
  type TaskType,
} from './model.ts';
export { type CleanedName, cleanEntryName, isArchivePath, isImagePath, kindOf, mimeOf, splitOf } from './paths.ts';
export { detectFormats, READABLE_FORMATS, readerOf } from './registry.ts';
export { type Issue, type IssueCode, isIssueCode, type Repair, type Report, ReportBuilder } from './report.ts';
export {
  type DatasetSource,
  decodeText,
  type FileEntry,
  type FileRole,
  type ImageEntry,
  MAX_TEXT_BYTES,
} from './source.ts';
