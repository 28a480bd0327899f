export { arrowToLines } from './arrow.ts';
export {
  convertToParquet,
  type LocalSource,
  SourceError,
  type SourceKind,
  schemaOf,
  type TypedColumn,
} from './convert.ts';
export { chunkOf, footerOf } from './footer.ts';
export { type Shard, scratchFolder } from './local-files.ts';
export type { Column } from './schema.ts';
export { filter, type Query, QueryError } from './search.ts';
export { columnStatistics, type SplitStatistics, splitStatistics, statisticsOf } from './statistics.ts';
export { chosenColumns, MAX_MATCHES, type Row, type SearchProgress, Tables, tablesSettings } from './tables.ts';
export type { Json } from './values.ts';
