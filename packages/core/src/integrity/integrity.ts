import { datasets, type FindingCode, integrityChecks, integrityFindings, type Transaction } from '@granary/db';
import { and, asc, desc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireAdmin, requireDataset } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { SignedInContext } from '../base/context.ts';
import { assertRowId } from '../base/ids.ts';
import { mapPage, type Page, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport } from '../imports/imports.ts';
import { requestFor } from '../imports/kinds.ts';
import { startJob } from '../queue/start.ts';
import {
  type IntegrityCheckView,
  type IntegrityFindingView,
  type IntegrityRepair,
  type listChecksInput,
  type listFindingsInput,
  REPAIRS_OF,
  type repairFindingsInput,
  type repairOutcome,
} from './schemas.ts';

/** Whoever manages a dataset can check it; only site admins can check the whole store. */
async function requireIntegrity(ctx: SignedInContext, datasetId: string | null): Promise<void> {
  if (datasetId === null) requireAdmin(ctx);
  else await requireDataset(ctx.database, ctx.person, datasetId, 'audit');
}

export async function startCheck(
  ctx: SignedInContext,
  { datasetId = null, deep }: { datasetId?: string | null | undefined; deep: boolean },
): Promise<{ jobId: string }> {
  await requireIntegrity(ctx, datasetId);
  return ctx.database.db.transaction(async (tx) => {
    const about = { kind: 'integrity' as const, datasetId, createdBy: ctx.person.id };
    const jobId = await startJob(ctx.queue, tx, 'integrity', about, { datasetId });
    await tx.insert(integrityChecks).values({ id: jobId, datasetId, isDeep: deep, createdBy: ctx.person.id });
    await recordAudit(tx, {
      action: 'integrity_checked',
      ...(datasetId === null ? {} : { datasetId }),
      ...performer(ctx),
      details: { deep, jobId },
    });
    return { jobId };
  });
}

export async function listChecks(
  ctx: SignedInContext,
  input: z.infer<typeof listChecksInput>,
): Promise<Page<IntegrityCheckView>> {
  await requireIntegrity(ctx, input.datasetId ?? null);
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.uuid()]),
    (after, limit) =>
      db
        .select()
        .from(integrityChecks)
        .where(
          and(
            input.datasetId === undefined
              ? isNull(integrityChecks.datasetId)
              : eq(integrityChecks.datasetId, input.datasetId),
            after
              ? sql`(${integrityChecks.createdAt}, ${integrityChecks.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
              : undefined,
          ),
        )
        .orderBy(desc(integrityChecks.createdAt), desc(integrityChecks.id))
        .limit(limit),
    ({ createdAt, id }) => [createdAt.toISOString(), id],
  );
  return mapPage(page, (row): IntegrityCheckView => {
    const { id, datasetId, isDeep, objects, files, busy, findings } = row;
    return {
      id,
      datasetId,
      isDeep,
      objects,
      files,
      busy,
      findings,
      datasets: row.datasets,
      createdAt: row.createdAt.toISOString(),
      finishedAt: row.finishedAt?.toISOString() ?? null,
    };
  });
}

/** @throws AppError `not_found` */
async function requireCheck(ctx: SignedInContext, checkId: string): Promise<typeof integrityChecks.$inferSelect> {
  assertRowId(checkId);
  const [check] = await ctx.database.db.select().from(integrityChecks).where(eq(integrityChecks.id, checkId));
  if (!check) throw new AppError('not_found');
  await requireIntegrity(ctx, check.datasetId);
  return check;
}

export async function listFindings(
  ctx: SignedInContext,
  input: z.infer<typeof listFindingsInput>,
): Promise<Page<IntegrityFindingView> & { counts: Partial<Record<FindingCode, number>> }> {
  const check = await requireCheck(ctx, input.checkId);
  const isOpen = isNull(integrityFindings.repair);
  const { db } = ctx.database;
  const [page, counted] = await Promise.all([
    pageOfRows(
      db,
      input,
      z.tuple([z.number().int()]),
      (after, limit) =>
        db
          .select()
          .from(integrityFindings)
          .where(
            and(
              eq(integrityFindings.checkId, check.id),
              input.code === undefined ? undefined : eq(integrityFindings.code, input.code),
              input.open === 'true' ? isOpen : undefined,
              after ? gt(integrityFindings.id, after[0]) : undefined,
            ),
          )
          .orderBy(asc(integrityFindings.id))
          .limit(limit),
      ({ id }) => [id],
    ),
    ctx.database.db
      .select({ code: integrityFindings.code, count: sql<number>`count(*)::float8` })
      .from(integrityFindings)
      .where(and(eq(integrityFindings.checkId, check.id), isOpen))
      .groupBy(integrityFindings.code),
  ]);
  const found = mapPage(page, (row): IntegrityFindingView => {
    const { id, code, datasetId, subject, sizeBytes, details, repair } = row;
    return { id, code, datasetId, subject, sizeBytes, details, repair, repairs: [...REPAIRS_OF[code]] };
  });
  return { ...found, counts: Object.fromEntries(counted.map(({ code, count }) => [code, count])) };
}

/** The most paths that one import adopts or removes. */
const PATHS_AT_ONCE = 10_000;

/**
 * Repairs findings of one kind: by imports where rows of a dataset change, by a job of its own where objects
 * are deleted. Both check again before they change anything. A dry run, which is the default, only counts.
 *
 * @throws AppError `invalid_input` for a repair that is none for such findings
 */
export async function repairFindings(
  ctx: SignedInContext,
  input: z.infer<typeof repairFindingsInput>,
): Promise<z.infer<typeof repairOutcome>> {
  const check = await requireCheck(ctx, input.checkId);
  const { code, repair, findingIds, dryRun } = input;
  const possible: readonly IntegrityRepair[] = REPAIRS_OF[code];
  if (!possible.includes(repair)) {
    throw new AppError('invalid_input', {
      issues: [{ path: 'repair', message: `must be one of ${possible.join(', ')} for ${code}` }],
    });
  }
  const isChosen = and(
    eq(integrityFindings.checkId, check.id),
    eq(integrityFindings.code, code),
    isNull(integrityFindings.repair),
    findingIds === undefined ? undefined : inArray(integrityFindings.id, findingIds),
  );
  const [sum] = await ctx.database.db
    .select({
      findings: sql<number>`count(*)::float8`,
      bytes: sql<number>`coalesce(sum(${integrityFindings.sizeBytes}), 0)::float8`,
    })
    .from(integrityFindings)
    .where(isChosen);
  const outcome = { dryRun, findings: sum?.findings ?? 0, bytes: sum?.bytes ?? 0, jobs: [] as string[] };
  if (dryRun || outcome.findings === 0) return outcome;
  return ctx.database.db.transaction(async (tx) => {
    if (repair === 'delete' || (repair === 'adopt' && code === 'orphan_thumbnail')) {
      const about = { kind: 'integrity_repair' as const, datasetId: check.datasetId, createdBy: ctx.person.id };
      const wanted = { checkId: check.id, code, repair, ...(findingIds === undefined ? {} : { findingIds }) };
      outcome.jobs.push(
        await startJob(ctx.queue, tx, 'integrity', about, { datasetId: check.datasetId, repair: wanted }),
      );
    } else {
      const found = await tx
        .update(integrityFindings)
        .set({ repair, repairedAt: new Date() })
        .where(isChosen)
        .returning({ datasetId: integrityFindings.datasetId, path: integrityFindings.subject });
      const byDataset = Map.groupBy(found, ({ datasetId }) => datasetId ?? '');
      for (const [datasetId, findings] of byDataset) {
        const paths = findings.map(({ path }) => path);
        outcome.jobs.push(...(await importRepairs(ctx, tx, datasetId, repair, paths)));
      }
    }
    await recordAudit(tx, {
      action: 'integrity_repaired',
      ...(check.datasetId === null ? {} : { datasetId: check.datasetId }),
      ...performer(ctx),
      details: { code, repair, findings: outcome.findings, checkId: check.id },
    });
    return outcome;
  });
}

async function importRepairs(
  ctx: SignedInContext,
  tx: Transaction,
  datasetId: string,
  repair: IntegrityRepair,
  paths: readonly string[],
): Promise<string[]> {
  const [dataset] = await tx.select({ id: datasets.id }).from(datasets).where(eq(datasets.id, datasetId));
  if (!dataset) throw new AppError('not_found');
  if (repair === 'recount') return [(await enqueueImport(ctx, tx, datasetId, requestFor({ kind: 'repair' }))).jobId];
  const jobs: string[] = [];
  for (let at = 0; at < paths.length; at += PATHS_AT_ONCE) {
    const some = paths.slice(at, at + PATHS_AT_ONCE);
    const request =
      repair === 'remove'
        ? ({ kind: 'remove', remove: { paths: some } } as const)
        : ({ kind: 'adopt', paths: some } as const);
    const { jobId } = await enqueueImport(ctx, tx, datasetId, requestFor(request));
    jobs.push(jobId);
  }
  return jobs;
}
