export { type AnalyseOptions, type Analysis, type AnalysisSummary, analyse, analysisOf } from './analyse.ts';
export { extentOf } from './checks/geometry.ts';
export { Fingerprints, Hash } from './fingerprints.ts';
export type {
  Candidate,
  FormatReader,
  FormatWriter,
  OutputFile,
  ReadBatch,
  ReadContext,
  ReadSummary,
  WritableDataset,
} from './format.ts';
export { FormatError } from './format-error.ts';
export {
  type ImageProbe,
  type ImageProblem,
  MAX_PIXELS,
  PROBE_HEAD_BYTES,
  PROBE_TAIL_BYTES,
  probeImage,
} from './image-probe.ts';
export { type JoiningSummary, joiningOf, type OwnImage } from './joining.ts';
export { isTooDeep } from './json/parse.ts';
export { type ListedOptions, listedSource } from './listed-source.ts';
export { type Listing, summarise } from './listing.ts';
export { memorySource } from './memory-source.ts';
export {
  type Annotation,
  type Box,
  type ClassDefinition,
  FORMATS,
  type Format,
  type ImageEntry,
  type ImageRecord,
  type Rle,
  type Shape,
  TASK_TYPES,
  type TaskType,
} from './model.ts';
export type { Override } from './overrides.ts';
export {
  type CleanedName,
  cleanEntryName,
  isArchivePath,
  isImagePath,
  isShownByBrowsers,
  kindOf,
  mimeOf,
  splitOf,
  stemOf,
} from './paths.ts';
export { entryOf, findingOf, probedEntry } from './probed.ts';
export { detectFormats, READABLE_FORMATS, readerOf, WRITABLE_FORMATS, writerOf } from './registry.ts';
export { isRepairCode, REPAIR_CODES, REPAIRS, type Repair, type RepairCode, type RepairPreview } from './repairs.ts';
export {
  type Example,
  type Issue,
  type IssueCode,
  isIssueCode,
  type Report,
  ReportBuilder,
  type Severity,
} from './report.ts';
export { runsOf } from './rle.ts';
export {
  ContentUnavailable,
  type DatasetSource,
  decodeText,
  type FileEntry,
  type FileRole,
  MAX_TEXT_BYTES,
} from './source.ts';
export { type CardConfig, type CardCsv, cardOf, cardPathOf, configsOf, DEFAULT_SUBSET } from './tables/card.ts';
export { csvByCard } from './tables/card-csv.ts';
export {
  layoutOf,
  mayHoldRows,
  partitionsOf,
  shardPath,
  type TableKind,
  type TableLayout,
  type TableSplit,
  tableKindOf,
  tableSplitOf,
} from './tables/layout.ts';
export { memberOf } from './tables/samples.ts';
export { UNREAD_ROWS, type UnreadRows } from './tables/unread.ts';
export { isRecordsPath, type Member, membersOf } from './tfrecord/members.ts';
export { FORMAT_TITLES } from './titles.ts';
export { type Loss, lossesOf } from './writing/shapes.ts';
export { renumberLabels, withMoreClasses } from './yolo/renumber.ts';
