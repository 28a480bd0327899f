import { datasets } from '@granary/db';
import { and, asc, gt, inArray, isNotNull, isNull, not, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { permits } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { SignedInContext } from '../base/context.ts';
import { AppError } from '../errors/app-error.ts';
import { ERRORS } from '../errors/table.ts';
import { filtersOf } from './list.ts';
import { requiresLicense } from './publicity.ts';
import type { bulkResult, bulkUpdateInput } from './schemas.ts';

const BATCH = 500;
const MAX_REFUSED = 100;
const REFUSALS = { edit: 'You may not change it.', manage: 'You do not manage it.' };

/**
 * Changes tags and visibility of many datasets: of those that one may change; the others are named. Batches are committed
 * one by one, each with its audit entries.
 *
 * @throws AppError `invalid_input` when there is nothing to change
 */
export async function updateDatasets(
  ctx: SignedInContext,
  input: z.infer<typeof bulkUpdateInput>,
): Promise<z.infer<typeof bulkResult>> {
  const { addTags = [], removeTags = [], visibility } = input;
  if (addTags.length === 0 && removeTags.length === 0 && visibility === undefined) {
    throw new AppError('invalid_input', {
      issues: [{ path: 'addTags', message: 'is missing: there is nothing to change' }],
    });
  }
  const action = visibility === undefined ? 'edit' : 'manage';
  const isPermitted = permits(ctx.person, action) ?? sql`true`;
  const isLicensed =
    visibility === 'public' && (await requiresLicense(ctx.database.db, ctx.defaults))
      ? isNotNull(datasets.license)
      : sql`true`;
  const isAllowed = sql`(${isPermitted} and ${isLicensed})`;
  const result: z.infer<typeof bulkResult> = { changed: 0, refused: [], numRefused: 0 };
  let after = '';
  for (;;) {
    const rows = await ctx.database.db
      .select({
        id: datasets.id,
        name: datasets.name,
        isAllowed: sql<boolean>`${isAllowed}`,
        isPermitted: sql<boolean>`${isPermitted}`,
      })
      .from(datasets)
      .where(and(...chosen(ctx, input), gt(datasets.id, after)))
      .orderBy(asc(datasets.id))
      .limit(BATCH);
    const ids = rows.filter((row) => row.isAllowed).map(({ id }) => id);
    for (const { id, name, isPermitted } of rows.filter((row) => !row.isAllowed)) {
      result.numRefused++;
      if (result.refused.length < MAX_REFUSED)
        result.refused.push({
          id,
          name,
          reason: isPermitted ? ERRORS.license_required.message : REFUSALS[action],
        });
    }
    if (ids.length > 0) result.changed += await changeBatch(ctx, ids, { addTags, removeTags, visibility }, isAllowed);
    if (rows.length < BATCH) return result;
    after = rows.at(-1)?.id ?? '';
  }
}

function chosen(ctx: SignedInContext, { ids, filter, except }: z.infer<typeof bulkUpdateInput>): (SQL | undefined)[] {
  return [
    ...filtersOf(ctx.person, filter ?? {}),
    ids === undefined ? undefined : inArray(datasets.id, ids),
    except === undefined || except.length === 0 ? undefined : not(inArray(datasets.id, except)),
  ];
}

/** What may not be changed any more when the change is made is left as it is. */
async function changeBatch(
  ctx: SignedInContext,
  ids: readonly string[],
  changes: Pick<z.infer<typeof bulkUpdateInput>, 'addTags' | 'removeTags' | 'visibility'>,
  isAllowed: SQL,
): Promise<number> {
  const { addTags = [], removeTags = [], visibility } = changes;
  return ctx.database.db.transaction(async (tx) => {
    const rows = await tx
      .update(datasets)
      .set({
        tags: sql`array(select tag from (
          select tag, min(place) as place from unnest(${datasets.tags} || ${sql.param(addTags)}::text[]) with ordinality as t(tag, place)
          where tag <> all(${sql.param(removeTags)}::text[]) group by tag) tags order by place limit 50)`,
        ...(visibility === undefined ? {} : { visibility }),
        updatedAt: new Date(),
      })
      .where(and(inArray(datasets.id, [...ids]), isAllowed, isNull(datasets.deletedAt)))
      .returning({ id: datasets.id });
    for (const { id } of rows) {
      await recordAudit(tx, {
        action: visibility === undefined ? 'updated' : 'visibility_changed',
        datasetId: id,
        ...performer(ctx),
        details: { after: { addTags, removeTags, ...(visibility === undefined ? {} : { visibility }) } },
      });
    }
    return rows.length;
  });
}
