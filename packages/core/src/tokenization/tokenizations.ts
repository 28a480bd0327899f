import { datasetFiles, importObjects, imports, type Transaction, tokenizations } from '@granary/db';
import { keys } from '@granary/storage';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Looking, SignedInContext } from '../base/context.ts';
import { assertRowId } from '../base/ids.ts';
import { mapPage, type Page, type PageInput, pageOfRows } from '../base/paging.ts';
import { AppError } from '../errors/app-error.ts';
import { enqueueImport, type Requester } from '../imports/imports.ts';
import { requestFor } from '../imports/kinds.ts';
import { keptTokenization, type TokenizationOptions } from '../imports/tokenization-options.ts';
import { asAnswer } from '../rows/answer.ts';
import { chooseSplit, splitsOf } from '../rows/shards.ts';
import { openTokenizer } from './open-tokenizer.ts';
import {
  type createTokenizationInput,
  type preview,
  type previewInput,
  type tokenization,
  tokenizationStatistics,
} from './schemas.ts';
import { columnsOfTemplate, fetchTokenizer, textOf } from './tokenizer.ts';

const PATIENCE_MS = 45_000;

/** Queues the tokenization of a dataset of texts. @throws AppError `wrong_state`, `invalid_input` */
export async function createTokenization(
  ctx: Permitted<'edit'>,
  { id: datasetId, ...options }: z.infer<typeof createTokenizationInput>,
): Promise<{ tokenizationId: string; jobId: string }> {
  const splits = await splitsOf(ctx.database.db, datasetId);
  if (splits.length === 0)
    throw new AppError('wrong_state', { message: 'The dataset has no rows of text to tokenize.' });
  chooseSplit(splits, { subset: options.subset });
  const { tokenizerJson, ...kept } = options;
  if (tokenizerJson !== undefined) await openTokenizer(tokenizerJson, options);
  const importId = crypto.randomUUID();
  const uploadedKey = tokenizerJson === undefined ? null : `${keys.allIncoming(importId)}tokenizer.json`;
  if (uploadedKey !== null && tokenizerJson !== undefined) await ctx.store.put(uploadedKey, Buffer.from(tokenizerJson));
  return ctx.database.db.transaction((tx) => queueTokenization(ctx, tx, { datasetId, importId, uploadedKey }, kept));
}

/** Writes the row of a tokenization, and queues its import. */
export async function queueTokenization(
  requester: Requester,
  tx: Transaction,
  { datasetId, importId, uploadedKey }: { datasetId: string; importId: string; uploadedKey: string | null },
  options: z.infer<typeof keptTokenization>,
): Promise<{ tokenizationId: string; jobId: string }> {
  const id = crypto.randomUUID();
  const request = requestFor({ kind: 'tokenize', tokenize: { tokenizationId: id, uploadedKey } });
  const { jobId } = await enqueueImport(requester, tx, datasetId, request, { importId });
  // The uploaded tokenizer is deleted with the import, however that ends.
  if (uploadedKey !== null) await tx.insert(importObjects).values({ importId, key: uploadedKey });
  const slug = await freeSlug(tx, datasetId, options.tokenizer);
  const createdBy = requester.person?.id ?? null;
  await tx.insert(tokenizations).values({
    id,
    datasetId,
    importId,
    slug,
    tokenizer: options.tokenizer,
    options,
    createdBy,
  });
  return { tokenizationId: id, jobId };
}

/** A folder for a tokenizer's shards that no other tokenization has. */
async function freeSlug(tx: Transaction, datasetId: string, tokenizer: string): Promise<string> {
  const stem = tokenizer.replaceAll('/', '--');
  const rows = await tx
    .select({ slug: tokenizations.slug })
    .from(tokenizations)
    .where(eq(tokenizations.datasetId, datasetId));
  const taken = new Set(rows.map(({ slug }) => slug));
  if (!taken.has(stem)) return stem;
  for (let number = 2; ; number++) if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
}

export const folderOf = (slug: string): string => `tokenized/${slug}/`;

export async function listTokenizations(
  ctx: Looking,
  input: PageInput & { id: string },
): Promise<Page<z.infer<typeof tokenization>>> {
  const { db } = ctx.database;
  const page = await pageOfRows(
    db,
    input,
    z.tuple([z.iso.datetime(), z.uuid()]),
    (after, limit) =>
      db
        .select({ tokenization: tokenizations, import: imports })
        .from(tokenizations)
        .innerJoin(imports, eq(imports.id, tokenizations.importId))
        .where(
          and(
            eq(tokenizations.datasetId, input.id),
            after
              ? sql`(${tokenizations.createdAt}, ${tokenizations.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
              : undefined,
          ),
        )
        .orderBy(desc(tokenizations.createdAt), desc(tokenizations.id))
        .limit(limit),
    ({ tokenization: { createdAt, id } }) => [createdAt.toISOString(), id],
  );
  return mapPage(page, ({ tokenization: row, import: made }) => ({
    id: row.id,
    jobId: made.jobId,
    state: made.state,
    tokenizer: row.tokenizer,
    path: folderOf(row.slug),
    options: keptTokenization.parse(row.options),
    statistics: row.statistics === null ? null : tokenizationStatistics.parse(row.statistics),
    error: made.errorCode === null ? null : { code: made.errorCode, message: made.errorMessage ?? '' },
    createdAt: row.createdAt.toISOString(),
  }));
}

/** Takes a tokenization's shards out of the dataset. @throws AppError `wrong_state` while it is being made */
export async function removeTokenization(
  ctx: Permitted<'edit'>,
  { id: datasetId, tokenizationId }: { id: string; tokenizationId: string },
): Promise<{ jobId: string | null }> {
  assertRowId(tokenizationId);
  return ctx.database.db.transaction(async (tx) => {
    const [row] = await tx
      .select({ slug: tokenizations.slug, state: imports.state })
      .from(tokenizations)
      .innerJoin(imports, eq(imports.id, tokenizations.importId))
      .where(and(eq(tokenizations.id, tokenizationId), eq(tokenizations.datasetId, datasetId)))
      .for('update');
    if (!row) throw new AppError('not_found');
    if (row.state === 'queued' || row.state === 'running') {
      throw new AppError('wrong_state', { message: 'The tokenization is still running. Cancel its job first.' });
    }
    await tx.delete(tokenizations).where(eq(tokenizations.id, tokenizationId));
    const folder = folderOf(row.slug);
    const [file] = await tx
      .select({ id: datasetFiles.id })
      .from(datasetFiles)
      .where(
        and(
          eq(datasetFiles.datasetId, datasetId),
          isNull(datasetFiles.removedIn),
          sql`starts_with(${datasetFiles.path}, ${folder})`,
        ),
      )
      .limit(1);
    if (!file) return { jobId: null };
    const request = requestFor({ kind: 'remove', remove: { folders: [folder] } });
    const { jobId } = await enqueueImport(ctx, tx, datasetId, request);
    return { jobId };
  });
}

/** One row's text as tokens. @throws AppError `invalid_input`, `not_found` */
export async function previewTokens(
  ctx: Permitted<'see'>,
  { id, index, ...options }: z.infer<typeof previewInput>,
): Promise<z.infer<typeof preview>> {
  const split = chooseSplit(await splitsOf(ctx.database.db, id), { subset: options.subset, split: options.split });
  const signal = AbortSignal.timeout(PATIENCE_MS);
  if (!split) throw new AppError('wrong_state', { message: 'The dataset has no rows of text to tokenize.' });
  const column = await columnOf(ctx, split.shards, options, signal);
  const [found] = await asAnswer(() => ctx.tables.page(split.shards, { offset: index, limit: 1 }, signal));
  if (!found) throw new AppError('not_found', { message: `The split has ${split.rows} rows.` });
  const json = options.tokenizerJson ?? (await cachedTokenizer(ctx, options.tokenizer, signal));
  const text = textOf(found.row, { column, template: options.template }).slice(0, MOST_CHARACTERS);
  const encode = async (truncation: boolean) => {
    const tokenizer = await openTokenizer(json, { ...options, truncation, padding: 'none' });
    return tokenizer.encode(text, null, { addSpecialTokens: options.specialTokens });
  };
  const whole = await encode(false);
  const numTokens = whole.getLength();
  const isTruncated = options.truncation && numTokens > options.maxLength;
  const encoding = isTruncated ? await encode(true) : whole;
  const [ids, names, offsets, special] = [
    ...[encoding.getIds(), encoding.getTokens()],
    ...[encoding.getOffsets(), encoding.getSpecialTokensMask()],
  ] as [number[], string[], number[][], number[]];
  // Offsets count code points.
  const characters = Array.from(text);
  return {
    text,
    tokens: ids.map((token, i) => {
      const [start = 0, end = 0] = offsets[i] ?? [];
      return {
        id: token,
        token: names[i] ?? '',
        text: characters.slice(start, end).join(''),
        isSpecial: special[i] === 1,
      };
    }),
    numTokens,
    isTruncated,
  };
}

const MOST_CHARACTERS = 50_000;

/** The column to tokenize: the one that was named, or the first of texts. @throws AppError `invalid_input` */
export async function columnOf(
  { tables }: Pick<SignedInContext, 'tables'>,
  shards: Parameters<SignedInContext['tables']['columns']>[0],
  { column, template }: Pick<TokenizationOptions, 'column' | 'template'>,
  signal: AbortSignal,
): Promise<string> {
  const columns = await tables.columns(shards, signal);
  const refuse = (path: string, message: string) => new AppError('invalid_input', { issues: [{ path, message }] });
  const names = columns.map(({ name }) => name);
  for (const name of template === undefined ? [] : columnsOfTemplate(template)) {
    if (!names.includes(name)) throw refuse('template', `names the column "${name}"; there are ${names.join(', ')}`);
  }
  if (column !== undefined && !names.includes(column)) {
    throw refuse('column', `is none of the columns ${names.join(', ')}`);
  }
  const chosen = column ?? columns.find(({ type }) => type === 'string')?.name;
  if (chosen === undefined && template === undefined)
    throw refuse('column', 'is missing: the dataset has no column of texts');
  return chosen ?? '';
}

const cached = new Map<string, { json: string; until: number }>();
const CACHED_MS = 10 * 60_000;
const MOST_CACHED = 8;

async function cachedTokenizer({ hub }: SignedInContext, id: string, signal: AbortSignal): Promise<string> {
  const known = cached.get(id);
  if (known && known.until > Date.now()) return known.json;
  const json = await fetchTokenizer(hub, id, signal);
  cached.set(id, { json, until: Date.now() + CACHED_MS });
  for (const [oldest] of cached) {
    if (cached.size <= MOST_CACHED) break;
    cached.delete(oldest);
  }
  return json;
}
