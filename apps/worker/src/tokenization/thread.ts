import { parentPort, workerData } from 'node:worker_threads';
import type { keptTokenization } from '@granary/core/imports/tokenization-options';
import { openTokenizer } from '@granary/core/tokenization/open-tokenizer';

import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { z } from 'zod';

export type Shaping = z.infer<typeof keptTokenization>;

export interface TokenizedShard {
  /** A parquet file with a row for each text: `input_ids` and `attention_mask`, lists of INT32. */
  parquet: Uint8Array<ArrayBuffer>;
  /** Tokens of each text, without padding. */
  lengths: Int32Array<ArrayBuffer>;
  numTruncated: number;
}

/** Texts that go to the library at once. */
const BATCH = 500;
/** Rows of a row group. */
const GROUP_ROWS = 5_000;

const list = (name: string) => [
  { name, repetition_type: 'REQUIRED' as const, num_children: 1, converted_type: 'LIST' as const },
  { name: 'list', repetition_type: 'REPEATED' as const, num_children: 1 },
  { name: 'element', repetition_type: 'REQUIRED' as const, type: 'INT32' as const },
];
const schema = [{ name: 'root', num_children: 2 }, ...list('input_ids'), ...list('attention_mask')];

const { json, options }: { json: string; options: Shaping } = workerData;
const tokenizer = await openTokenizer(json, options);

parentPort?.on('message', (texts: string[]) => {
  tokenizeShard(texts).then(
    (shard) => parentPort?.postMessage(shard, [shard.parquet.buffer, shard.lengths.buffer]),
    (error: Error) => parentPort?.postMessage({ error: error.message }),
  );
});

async function tokenizeShard(texts: string[]): Promise<TokenizedShard> {
  const bytes = new ByteWriter();
  const parquet = new ParquetWriter({ writer: bytes, schema });
  const lengths = new Int32Array(texts.length);
  let numTruncated = 0;
  for (let first = 0; first < texts.length; first += GROUP_ROWS) {
    const group = await tokenizeGroup(texts.slice(first, first + GROUP_ROWS));
    lengths.set(group.lengths, first);
    numTruncated += group.numTruncated;
    const columnData = [
      { name: 'input_ids', data: group.ids },
      { name: 'attention_mask', data: group.masks },
    ];
    await parquet.write({ columnData, rowGroupSize: GROUP_ROWS });
  }
  await parquet.finish();
  return { parquet: bytes.getBytes(), lengths, numTruncated };
}

async function tokenizeGroup(texts: string[]) {
  const ids: number[][] = [];
  const masks: number[][] = [];
  const lengths: number[] = [];
  let numTruncated = 0;
  const isPadded = options.padding !== 'none';
  for (let at = 0; at < texts.length; at += BATCH) {
    const encodings = await tokenizer.encodeBatch(texts.slice(at, at + BATCH), {
      addSpecialTokens: options.specialTokens,
    });
    for (const encoding of encodings) {
      const tokens = encoding.getIds();
      const mask = isPadded ? encoding.getAttentionMask() : onesOf(tokens.length);
      lengths.push(isPadded ? mask.reduce((sum, bit) => sum + bit, 0) : tokens.length);
      ids.push(tokens);
      masks.push(mask);
      if (options.truncation && encoding.getOverflowing().length > 0) numTruncated++;
    }
  }
  return { ids, masks, lengths, numTruncated };
}

const known = new Map<number, number[]>();

/** The mask of a sequence without padding: the same list for the same length. */
function onesOf(length: number): number[] {
  const before = known.get(length);
  if (before) return before;
  const ones = new Array<number>(length).fill(1);
  if (known.size < 10_000) known.set(length, ones);
  return ones;
}
