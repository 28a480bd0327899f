import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { JobFailure } from '@granary/core/errors/failures';
import { decodeText, MAX_TEXT_BYTES, memberOf } from '@granary/formats';
import { type ObjectStore, readStream } from '@granary/storage';
import pLimit from 'p-limit';

/** A file that is part of a sample. */
export interface SampleMember {
  path: string;
  storageKey: string;
  sizeBytes: number;
}

const PARALLEL_READS = 16;
const SAMPLES_AT_ONCE = 64;
/** Members whose content is the value; of others, such as sounds and arrays, the value is the path of the file. */
const TEXT = /(^|\.)(txt|text|caption|transcript|html?|md|xml|id)$/;
const JSON_TEXT = /(^|\.)json$/;
const NUMBER = /(^|\.)(cls2?|index|inx)$/;

/**
 * Writes samples as JSON lines: `__key__`, and a column for each member. Memory does not grow with their number.
 *
 * @param members in the order of their paths, so that those of one sample follow each other
 * @throws JobFailure `unreadable_table`, which names the file
 */
export async function samplesToLines(
  store: ObjectStore,
  members: readonly SampleMember[],
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const limit = pLimit(PARALLEL_READS);
  async function* lines() {
    for (const samples of inBatches(members)) {
      signal.throwIfAborted();
      yield* await Promise.all(
        samples.map(async ({ key, members: ofSample }) => {
          const cells = ofSample.map((member) =>
            limit(async () => `${JSON.stringify(member.name)}:${await cellOf(store, member, signal)}`),
          );
          return `{"__key__":${JSON.stringify(key)},${(await Promise.all(cells)).join(',')}}\n`;
        }),
      );
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(target), { signal });
}

interface Sample {
  key: string;
  members: (SampleMember & { name: string })[];
}

function* inBatches(members: readonly SampleMember[]): Generator<Sample[]> {
  let batch: Sample[] = [];
  for (const one of members) {
    const { key, member: name } = memberOf(one.path);
    const last = batch.at(-1);
    if (last?.key === key) {
      last.members.push({ ...one, name });
      continue;
    }
    if (batch.length === SAMPLES_AT_ONCE) {
      yield batch;
      batch = [];
    }
    batch.push({ key, members: [{ ...one, name }] });
  }
  if (batch.length > 0) yield batch;
}

async function cellOf(
  store: ObjectStore,
  { path, name, storageKey, sizeBytes }: Sample['members'][number],
  signal: AbortSignal,
): Promise<string> {
  const isText = TEXT.test(name) || JSON_TEXT.test(name) || NUMBER.test(name);
  if (!isText) return JSON.stringify(path);
  const text =
    sizeBytes > MAX_TEXT_BYTES
      ? null
      : decodeText(await readStream(await store.get(storageKey, { signal }), MAX_TEXT_BYTES));
  if (text === null) {
    const reason = sizeBytes > MAX_TEXT_BYTES ? `is longer than ${MAX_TEXT_BYTES / 1024 / 1024} MiB` : 'is not UTF-8';
    throw new JobFailure('unreadable_table', `${path} ${reason}, so it cannot be part of a row.`);
  }
  const content = text.replace(/^\uFEFF/, '');
  if (JSON_TEXT.test(name)) return documentOf(path, content);
  const number = content.trim();
  return NUMBER.test(name) && /^(0|-?[1-9]\d{0,14})$/.test(number) ? number : JSON.stringify(content);
}

/** A document on one line, with its numbers as they are written. */
function documentOf(path: string, text: string): string {
  try {
    // Python writes numbers that JSON does not have; the reader of lines takes them.
    JSON.parse(text.replace(/(?<![\w"])(-?Infinity|NaN)(?![\w"])/g, 'null'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new JobFailure('unreadable_table', `${path} is not valid JSON: ${reason}`, { cause: error });
  }
  return text.replace(/[\r\n]+/g, ' ').trim();
}
