import { createHash } from 'node:crypto';
import { pipeline, Transform } from 'node:stream';
import type { Entry } from '@granary/archives';
import {
  decodeText,
  type ImageProbe,
  isImagePath,
  PROBE_HEAD_BYTES,
  PROBE_TAIL_BYTES,
  probeImage,
} from '@granary/formats';
import type { ObjectStore } from '@granary/storage';

/** Text files up to this size are kept beside their rows until the format has been read. */
const KEPT_TEXT_BYTES = 64 * 1024;
const TEXT_NAME = /\.(txt|xml|ya?ml|json|csv|tsv|names|data)$/i;

/** An entry, and where its content goes. */
interface Target {
  entry: Entry;
  path: string;
  storageKey: string;
  /** It lies there already: it is read, not written. */
  isInPlace: boolean;
}

/** What is learned of a file while it is written. */
export interface Received {
  sizeBytes: number;
  sha256: string;
  probe: ImageProbe | null;
  /** The text of a small label file. */
  content: string | null;
}

/** Writes a file that is in memory. */
export async function receiveSmall(
  store: ObjectStore,
  file: Target,
  bytes: Buffer,
  contentType: string,
): Promise<Received> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!file.isInPlace) await store.put(file.storageKey, bytes, { contentType });
  const keepsText = bytes.length <= KEPT_TEXT_BYTES && TEXT_NAME.test(file.path);
  return {
    sizeBytes: bytes.length,
    sha256,
    probe: isImagePath(file.path)
      ? probeImage(bytes.subarray(0, PROBE_HEAD_BYTES), bytes.subarray(-PROBE_TAIL_BYTES))
      : null,
    content: keepsText ? decodeText(bytes) : null,
  };
}

/** Writes a file as it streams in. */
export async function receiveLarge(
  store: ObjectStore,
  file: Target,
  contentType: string,
  signal: AbortSignal,
): Promise<Received> {
  const source = await file.entry.open?.();
  if (!source) throw new TypeError(`Entry ${file.entry.name} has no content`);
  const hash = createHash('sha256');
  const ends = new Ends();
  const observed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      ends.add(chunk);
      done(null, chunk);
    },
  });
  pipeline(source, observed, () => {});
  const { sizeBytes } = file.isInPlace
    ? await lengthOf(observed, signal)
    : await store.put(file.storageKey, observed, { contentType, signal });
  return {
    sizeBytes,
    sha256: hash.digest('hex'),
    probe: isImagePath(file.path) ? probeImage(ends.head, ends.tail) : null,
    content: null,
  };
}

/** Reads a stream to its end. */
async function lengthOf(stream: AsyncIterable<Buffer>, signal: AbortSignal): Promise<{ sizeBytes: number }> {
  let sizeBytes = 0;
  for await (const chunk of stream) {
    signal.throwIfAborted();
    sizeBytes += chunk.length;
  }
  return { sizeBytes };
}

/** The first and the last bytes of a stream, as much as an image's probe wants. */
class Ends {
  head: Buffer = Buffer.alloc(0);
  tail: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    if (this.head.length < PROBE_HEAD_BYTES)
      this.head = Buffer.concat([this.head, chunk]).subarray(0, PROBE_HEAD_BYTES);
    this.tail = Buffer.concat([this.tail, chunk.subarray(-PROBE_TAIL_BYTES)]).subarray(-PROBE_TAIL_BYTES);
  }
}
