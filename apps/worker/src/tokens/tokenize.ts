import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  AppError,
  columnOf,
  columnsOfTemplate,
  fetchTokenizer,
  folderOf,
  type KeptOptions,
  keptTokenization,
  openTokenizer,
  splitsOf,
  textOf,
  tokenizationStatistics,
} from '@granary/api';
import { ImportFailure } from '@granary/archives';
import { ObjectNotFoundError, readAll } from '@granary/storage';
import { withFolder } from '../tables/local-copies.ts';
import { type ShardWriting, safe, stageShard } from '../tables/shards.ts';
import type { WorkerContext } from '../worker.ts';
import { TokenizerPool } from './pool.ts';
import { Tally } from './tally.ts';

/** Rows that become one token shard: so many, or so much text. */
const SHARD_ROWS = 20_000;
const SHARD_CHARACTERS = 8 * 1024 * 1024;
const PAGE_ROWS = 2_000;

/**
 * Writes the token shards of a dataset beside its rows, and stages them: `tokenized/{tokenizer}/{subset}/{split}-NNNNN.parquet`
 * with `input_ids` and `attention_mask`, in the order of the rows. What an attempt has staged the next one goes on behind.
 *
 * @throws ImportFailure
 */
export async function tokenize(
  context: WorkerContext,
  writing: ShardWriting,
  { tokenizationId, uploadedKey }: NonNullable<KeptOptions['tokenize']>,
): Promise<void> {
  const { database, store, tables, env } = context;
  const { session, run, importId, datasetId } = writing;
  const [row] = await session.sql<{ slug: string; options: unknown }[]>`
    select slug, options from tokenizations where id = ${tokenizationId}`;
  if (!row) throw new ImportFailure('import_gone', 'The tokenization was taken away meanwhile.');
  const options = keptTokenization.parse(row.options);
  run.progress(0, 'looking_up', options.tokenizer);
  const json = await (uploadedKey === null
    ? fetchTokenizer(env, options.tokenizer, run.signal)
    : readAll(store, uploadedKey).then((bytes) => bytes.toString('utf8'), asGone)
  ).catch(asFailure);
  const vocabSize = await Promise.resolve()
    .then(() => openTokenizer(json, options).getVocabSize(true))
    .catch(asFailure);
  const splits = (await splitsOf(database.db, datasetId)).filter(
    ({ subset }) => options.subset === undefined || subset === options.subset,
  );
  const totalRows = splits.reduce((sum, { rows }) => sum + rows, 0) || 1;
  const folder = folderOf(row.slug);
  const pool = new TokenizerPool(env.GRANARY_TOKENIZER_THREADS ?? availableParallelism(), { json, options });
  const tally = new Tally();
  let doneRows = 0;
  try {
    await withFolder(tables.scratchDir, async (scratch) => {
      // What is staged of an attempt that was cut off is made again: its lengths were not kept.
      for (const split of splits) {
        if (split.rows === 0) continue;
        const column = await columnOf({ tables }, split.shards, options, run.signal).catch(asFailure);
        const columns = options.template === undefined ? [column] : columnsOfTemplate(options.template);
        let number = 0;
        const pending: Promise<void>[] = [];
        // Shards are staged in their order, while the next ones are being made.
        let staging: Promise<void> = Promise.resolve();
        for await (const texts of batchesOf(
          context,
          split,
          columns,
          (cells) => textOf(cells, { column, template: options.template }),
          run.signal,
        )) {
          const path = `${folder}${safe(split.subset)}/${safe(split.split)}-${String(number++).padStart(5, '0')}.parquet`;
          const file = join(scratch, `${number}.parquet`);
          const made = pool.tokenize(texts);
          staging = staging.then(async () => {
            const { parquet, lengths, numTruncated } = await made;
            await writeFile(file, parquet);
            await stageShard(writing, path, file);
            tally.add(lengths, numTruncated);
            doneRows += texts.length;
            run.progress((78 * doneRows) / totalRows, 'tokenizing', `${split.subset}/${split.split}`);
          });
          pending.push(staging);
          staging.catch(() => {});
          // As many shards at once as there are threads, and one that waits.
          if (pending.length > pool.size) await pending.shift();
        }
        await staging;
      }
      const copy = join(scratch, 'tokenizer.json');
      await writeFile(copy, json);
      await stageShard(writing, `${folder}tokenizer.json`, copy, { contentType: 'application/json' });
    });
  } finally {
    await pool.close();
  }
  const statistics = tokenizationStatistics.parse({ ...tally.statistics(), vocabSize });
  await session.sql`update tokenizations set statistics = ${session.sql.json(statistics)} where id = ${tokenizationId} and import_id = ${importId}`;
}

/** The texts of a split, as many at once as become one shard. */
async function* batchesOf(
  { tables }: WorkerContext,
  { shards, rows }: Awaited<ReturnType<typeof splitsOf>>[number],
  columns: readonly string[],
  text: (row: Record<string, unknown>) => string,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  let texts: string[] = [];
  let characters = 0;
  for (let offset = 0; offset < rows; offset += PAGE_ROWS) {
    for (const { row } of await tables.page(shards, { offset, limit: PAGE_ROWS, columns }, signal)) {
      const value = text(row);
      texts.push(value);
      characters += value.length;
      if (texts.length < SHARD_ROWS && characters < SHARD_CHARACTERS) continue;
      yield texts;
      texts = [];
      characters = 0;
    }
  }
  if (texts.length > 0) yield texts;
}

function asGone(error: unknown): never {
  if (!(error instanceof ObjectNotFoundError)) throw error;
  throw new ImportFailure(
    'upload_gone',
    'The tokenizer that was uploaded is gone. Start the tokenization anew with its file.',
  );
}

function asFailure(error: unknown): never {
  if (!(error instanceof AppError)) throw error;
  const detail = error.issues?.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new ImportFailure(error.errorCode, detail ? `${error.message} (${detail})` : error.message, { cause: error });
}
