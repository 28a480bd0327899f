import { Readable } from 'node:stream';
import { FormatError, isRecordsPath, membersOf } from '@granary/formats';
import type { Archive, Entry } from './entry.ts';
import { LimitCounter, type Limits } from './limits.ts';

/** An upload in which TFRecord files of images are unpacked: each image, and what its record says of it, is an entry. */
export function withRecordsUnpacked(archive: Archive, limits: Limits): Archive {
  return {
    position: () => archive.position(),
    async *entries(from) {
      const counter = new LimitCounter(limits);
      let index = 0;
      for await (const entry of archive.entries(0)) {
        if (entry.type !== 'file' || !isRecordsPath(entry.name)) {
          if (index >= from) yield { ...entry, index };
          else await entry.pass?.();
          index++;
          continue;
        }
        for await (const member of unpacked(entry)) {
          counter.add(member.name, member.sizeBytes, member.sizeBytes, Number.POSITIVE_INFINITY);
          if (index >= from) yield { ...member, index };
          else await member.pass?.();
          index++;
        }
      }
    },
  };
}

/** The members of a file of records; the file itself, if it is something else. */
async function* unpacked(entry: Entry): AsyncGenerator<Omit<Entry, 'index'>> {
  const loaded = await entry.load?.();
  const stream = loaded ? Readable.from([loaded]) : await entry.open?.();
  if (!stream) return;
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  // Kept until the first record has shown what the file is.
  let begun: Uint8Array[] | null = [];
  const rest = async function* () {
    for (let step = await chunks.next(); !step.done; step = await chunks.next()) {
      begun?.push(step.value);
      yield step.value;
    }
  };
  let isOver = false;
  try {
    for await (const { path, bytes } of membersOf(entry.name.replaceAll('\\', '/'), rest())) {
      begun = null;
      yield memberOf(path, bytes);
    }
    // What lies behind a damaged record is passed over: in a tar the next entry lies behind it.
    await drained(rest());
    isOver = true;
  } catch (error) {
    if (!(error instanceof FormatError) || begun === null) throw error;
    const again = begun;
    begun = null;
    const whole = async function* () {
      yield* again;
      yield* rest();
    };
    if (loaded) yield { ...entry, load: async () => loaded };
    else yield { ...entry, open: async () => Readable.from(whole()), pass: () => drained(rest()) };
    isOver = true;
  } finally {
    if (!isOver) stream.destroy();
  }
}

async function drained(chunks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of chunks);
}

function memberOf(name: string, content: Uint8Array): Omit<Entry, 'index'> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return { name, type: 'file', sizeBytes: bytes.length, load: async () => bytes, open: null };
}
