import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@granary/core/errors/app-error';
import { JobFailure } from '@granary/core/errors/failures';
import type { RequestOf } from '@granary/core/imports/kinds';
import { keptTokenization } from '@granary/core/imports/tokenization-options';
import { splitsOf } from '@granary/core/rows/shards';
import { openTokenizer } from '@granary/core/tokenization/open-tokenizer';
import { tokenizationStatistics } from '@granary/core/tokenization/schemas';
import { columnOf, folderOf } from '@granary/core/tokenization/tokenizations';
import { columnsOfTemplate, fetchTokenizer, textOf } from '@granary/core/tokenization/tokenizer';
import { ObjectNotFoundError, readAll } from '@granary/storage';
import type { ApartContext } from '../context.ts';
import { withFolder } from '../tables/local-copies.ts';
import { type ShardWriting, safe, stageShard } from '../tables/shards.ts';
import { TokenizerPool } from './pool.ts';
import { Tally } from './tally.ts';

/** Rows that become one token shard: so many, or so much text. */
const SHARD_ROWS = 20_000;
const SHARD_CHARACTERS = 8 * 1024 * 1024;
/** Each has a tokenizer and the shard that it makes in memory: some 300 MB. */
const MOST_THREADS = 8;

/**
 * Writes the token shards of a dataset beside its rows, and stages them: `tokenized/{tokenizer}/{subset}/{split}-NNNNN.parquet`
 * with `input_ids` and `attention_mask`, in the order of the rows. What an attempt has staged the next one goes on behind.
 *
 * @throws JobFailure
 */
export async function tokenize(
  context: ApartContext,
  writing: ShardWriting,
  { tokenizationId, uploadedKey }: RequestOf<'tokenize'>['tokenize'],
): Promise<void> {
  const { database, store, tables, env } = context;
  const { session, run, importId, datasetId } = writing;
  const [row] = await session.sql<{ slug: string; options: unknown }[]>`
    select slug, options from tokenizations where id = ${tokenizationId}`;
  if (!row) throw new JobFailure('import_gone', 'The tokenization was taken away meanwhile.');
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
  const pool = new TokenizerPool(env.GRANARY_TOKENIZER_THREADS ?? Math.min(MOST_THREADS, availableParallelism()), {
    json,
    options,
  });
  const tally = new Tally();
  let doneRows = 0;
  try {
    await withFolder(tables.scratchDir, async (scratch) => {
      // Staged shards of an interrupted attempt are made again, since their lengths were not kept.
      for (const split of splits) {
        if (split.rows === 0) continue;
        const column = await columnOf({ tables }, split.shards, options, run.signal).catch(asFailure);
        const columns = options.template === undefined ? [column] : columnsOfTemplate(options.template);
        let number = 0;
        const pending: Promise<void>[] = [];
        // Shards are staged in their order, while the next ones are being made.
        let staging: Promise<void> = Promise.resolve();
        const make = async (texts: string[]): Promise<void> => {
          const path = `${folder}${safe(split.subset)}/${safe(split.split)}-${String(number++).padStart(5, '0')}.parquet`;
          const file = join(scratch, `${number}.parquet`);
          const made = pool.tokenize(texts);
          staging = staging.then(async () => {
            const { parquet, lengths, numTruncated } = await made;
            await writeFile(file, parquet);
            await stageShard(writing, path, file);
            tally.add(lengths, numTruncated);
            doneRows += lengths.length;
            run.progress((78 * doneRows) / totalRows, 'tokenizing', `${split.subset}/${split.split}`);
          });
          pending.push(staging);
          staging.catch(() => {});
          // As many shards at once as there are threads, and one that waits.
          if (pending.length > pool.size) await pending.shift();
        };
        let texts: string[] = [];
        let characters = 0;
        await tables.forEach(split.shards, columns, run.signal, async (rows) => {
          for (const row of rows) {
            const text = textOf(row, { column, template: options.template });
            texts.push(text);
            characters += text.length;
            if (texts.length < SHARD_ROWS && characters < SHARD_CHARACTERS) continue;
            const full = texts;
            texts = [];
            characters = 0;
            await make(full);
          }
        });
        if (texts.length > 0) await make(texts);
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

function asGone(error: unknown): never {
  if (!(error instanceof ObjectNotFoundError)) throw error;
  throw new JobFailure(
    'upload_gone',
    'The tokenizer that was uploaded is gone. Start the tokenization anew with its file.',
  );
}

function asFailure(error: unknown): never {
  if (!(error instanceof AppError)) throw error;
  const detail = error.issues?.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new JobFailure(error.errorCode, detail ? `${error.message} (${detail})` : error.message, { cause: error });
}
