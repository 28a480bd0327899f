import { JobFailure } from '@granary/core/errors/failures';
import type { PayloadOf } from '@granary/core/queue/definitions';
import type { JobQueue } from '@granary/core/queue/queue';
import { startJob } from '@granary/core/queue/start';
import { integrityChecks } from '@granary/db';
import type { WorkerContext } from '../context.ts';
import { checkDataset } from '../integrity/dataset.ts';
import { Findings } from '../integrity/findings.ts';
import { repairObjects } from '../integrity/repair.ts';
import { findStrays } from '../integrity/strays.ts';
import type { Handler } from '../runner.ts';
import { whileUnwritten } from '../session.ts';

type Payload = PayloadOf<'integrity'>;

const PAGE = 500;

/** Compares the store with the rows and records what does not match, or repairs what was found. */
export function integrityHandler({ database, store }: WorkerContext): Handler<Payload> {
  const { sql } = database;
  return {
    async run({ activityId, datasetId, repair }, run) {
      if (repair) return repairObjects({ sql, store, run }, repair);
      const [check] = await sql<{ is_deep: boolean }[]>`select is_deep from integrity_checks where id = ${activityId}`;
      if (!check) throw new JobFailure('check_gone', 'The check was abandoned.');
      const findings = new Findings(sql, activityId);
      const context = { sql, store, run, findings, isDeep: check.is_deep };
      await findings.begin();
      const [all] = await sql<{ total: number }[]>`select count(*)::float8 as total from datasets`;
      for await (const { id, name } of datasetId === null ? allDatasets() : oneDataset(datasetId)) {
        run.progress(
          datasetId === null ? (90 * findings.datasets) / Math.max(1, all?.total ?? 1) : 50,
          'checking',
          name,
        );
        const isDone = await whileUnwritten({ sql }, id, async () => {
          await checkDataset(context, id);
          return true;
        });
        findings.datasets++;
        if (!isDone) findings.busy.push(name);
        await findings.flush();
      }
      if (datasetId === null) await findStrays(context);
      await findings.end();
      const { objects, files, datasets, busy, total } = findings;
      return { checkId: activityId, objects, files, datasets, busy: busy.length, findings: total };
    },
    async takeBack() {
      // Findings up to then stay visible.
    },
  };

  async function* allDatasets(): AsyncGenerator<{ id: string; name: string }> {
    let after = '';
    for (;;) {
      const rows = await sql<{ id: string; name: string }[]>`
        select id, name from datasets where id > ${after} and purge is null order by id limit ${PAGE}`;
      yield* rows;
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.id ?? '';
    }
  }

  async function* oneDataset(id: string): AsyncGenerator<{ id: string; name: string }> {
    yield* await sql<{ id: string; name: string }[]>`select id, name from datasets where id = ${id}`;
  }
}

/** The scheduled check of everything. */
export async function startWeeklyCheck({ database: { db } }: WorkerContext, queue: JobQueue): Promise<void> {
  await db.transaction(async (tx) => {
    const about = { kind: 'integrity' as const, datasetId: null, createdBy: null };
    const id = await startJob(queue, tx, 'integrity', about, { datasetId: null });
    await tx.insert(integrityChecks).values({ id });
  });
}
