import type { PayloadOf } from '@granary/core/queue/definitions';
import { splitsOf } from '@granary/core/rows/shards';
import { countedOf, keepCounted } from '@granary/core/rows/statistics';
import { statisticsOf } from '@granary/tables';
import type { WorkerContext } from '../context.ts';
import type { Handler } from '../runner.ts';
import { asFailure } from '../tables/shards.ts';

/** Counts the columns of every split whose shards were not counted yet, and saves each split as soon as it is counted. */
export function statisticsHandler({ database, tables }: WorkerContext): Handler<PayloadOf<'statistics'>> {
  return {
    async run({ datasetId }, run) {
      const splits = await splitsOf(database.db, datasetId);
      let counted = 0;
      for (const [i, split] of splits.entries()) {
        run.progress((99 * i) / splits.length, 'counting', `${split.subset}/${split.split}`);
        const [row] = await database.sql<
          { row_statistics: unknown }[]
        >`select row_statistics from datasets where id = ${datasetId}`;
        if (!row || countedOf(row.row_statistics, split) !== null) continue;
        const statistics = await statisticsOf(tables, split.shards, run.signal).catch(asFailure);
        await keepCounted(database, datasetId, split, statistics);
        counted++;
      }
      return { splits: counted };
    },
    async takeBack() {},
  };
}
