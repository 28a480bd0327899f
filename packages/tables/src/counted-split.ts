import type { Shard } from './shard.ts';
import { type ColumnStatistics, type SplitStatistics, splitStatistics } from './statistics-schema.ts';
import type { Tables } from './tables.ts';

/**
 * Counts the columns of a split. Of a bucket that holds more than the cache, shards are counted that stand for the rest.
 *
 * @throws EngineError
 */
export async function statisticsOf(
  tables: Tables,
  shards: readonly Shard[],
  signal: AbortSignal,
): Promise<SplitStatistics> {
  const all = shards.reduce((sum, shard) => sum + shard.rows, 0);
  const counted = tables.files.fitting(shards);
  const rows = counted.reduce((sum, shard) => sum + shard.rows, 0);
  const columns = await tables.columns(shards, signal);
  if (rows === 0) {
    const empty = columns.map(({ name, type }): [string, ColumnStatistics] => [name, { type, nulls: 0 }]);
    return { rows: all, columns: Object.fromEntries(empty) };
  }
  const readable = columns.filter(({ type }) => type !== 'image' && type !== 'audio' && type !== 'binary');
  const what = { columns: readable.map(({ name }) => name) };
  const found = await tables.files.use(
    counted.map((shard) => ({ shard, what })),
    signal,
    (paths) =>
      tables.engine.run(
        'statistics',
        { shards: counted.map(({ sha256, rows }, i) => ({ path: paths[i] ?? '', sha256, rows })), columns },
        { signal },
      ),
  );
  const part = rows < all ? { countedRows: rows } : {};
  return splitStatistics.parse({ rows: all, ...part, columns: Object.fromEntries(found) });
}
