export { statisticsOf } from './counted-split.ts';
export { type CsvPreview, csvPreview, headOfCsv, previewCsv } from './csv-preview.ts';
export { EngineError } from './engine.ts';
export { chunkOf, footerOf, schemaHashOf, unreadableParquet } from './footer.ts';
export { filter, type Query, QueryError } from './query.ts';
export type { TypedColumn } from './reading/columns.ts';
export { jsonValueOf } from './reading/json-text.ts';
export type { Column } from './schema.ts';
export { scratchFolder } from './scratch.ts';
export type { Shard } from './shard.ts';
export {
  type Constant,
  type CsvOptions,
  csvOptions,
  type LocalSource,
  type Note,
  SourceError,
  type SourceKind,
} from './source.ts';
export {
  arrowToLines,
  convertToParquet,
  type FoundColumns,
  findColumns,
  schemaOf,
} from './sources.ts';
export { columnStatistics, type SplitStatistics, splitStatistics } from './statistics-schema.ts';
export { chosenColumns, MAX_MATCHES, type Row, type SearchProgress, Tables, tablesSettings } from './tables.ts';
export type { Json } from './values.ts';
