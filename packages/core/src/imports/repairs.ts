import { imports } from '@granary/db';
import { REPAIR_CODES, type RepairCode } from '@granary/formats';
import { and, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import { assertRowId } from '../base/ids.ts';
import { lockDataset } from '../base/locks.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport } from './imports.ts';
import { requestFor, requestOf } from './kinds.ts';
import { type repairImportInput, report } from './schemas.ts';

const keptRepairs = z.looseObject({ repairs: z.array(z.enum(REPAIR_CODES)).catch([]) });

/**
 * Queues a job that reads the dataset's annotations again with the repairs that the report of its last import proposes,
 * beside those that were asked for before. Files stay as they are; whatever is imported later is repaired the same way.
 *
 * @throws AppError `wrong_state` when the report is not the newest, `invalid_input` for repairs that it does not propose
 */
export async function repairImport(
  ctx: Permitted<'edit'>,
  { id, importId, codes }: z.infer<typeof repairImportInput>,
): Promise<{ importId: string; jobId: string }> {
  assertRowId(importId);
  return ctx.database.db.transaction(async (tx) => {
    const dataset = await lockDataset(tx, id);
    const [row] = await tx
      .select()
      .from(imports)
      .where(and(eq(imports.datasetId, id), eq(imports.id, importId)));
    const rows = await tx
      .select({ id: imports.id, state: imports.state })
      .from(imports)
      .where(eq(imports.datasetId, id))
      .orderBy(desc(imports.createdAt));
    if (!dataset || !row) throw new AppError('not_found');
    if (rows.some(({ state }) => state === 'queued' || state === 'running')) {
      throw new AppError('wrong_state', {
        message: 'An import is running.',
        hint: 'Wait for it to end. Its report then says what can be repaired.',
      });
    }
    const newest = rows.find(({ state }) => state === 'completed');
    if (newest?.id !== importId) {
      throw new AppError('wrong_state', {
        message: newest ? 'There is a newer import than the one of this report.' : 'The import is not complete.',
        ...(newest ? { hint: `Use the newest report: import ${newest.id}.` } : {}),
      });
    }
    const proposed = report.parse(row.report).repairs;
    const chosen = codes === 'safe' ? proposed.filter(({ safe }) => safe).map(({ code }) => code) : codes;
    if (codes === 'safe' && chosen.length === 0) {
      throw new AppError('wrong_state', { message: 'The report proposes no safe repair.' });
    }
    const unknown = chosen.filter((code) => !proposed.some((repair) => repair.code === code));
    if (unknown.length > 0) {
      const issues = unknown.map((code) => ({ path: 'codes', message: `${code} is not proposed by this report` }));
      throw new AppError('invalid_input', { issues });
    }
    const before = keptRepairs.catch({ repairs: [] }).parse(dataset.config).repairs;
    const repairs =
      chosen.length === 0
        ? []
        : REPAIR_CODES.filter((code: RepairCode) => before.includes(code) || chosen.includes(code));
    const { formatHint } = requestOf(row);
    return enqueueImport(ctx, tx, id, requestFor({ kind: 'repair', formatHint, repairs }));
  });
}
