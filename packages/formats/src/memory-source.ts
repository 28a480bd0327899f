import { PROBE_HEAD_BYTES, PROBE_TAIL_BYTES, probeImage } from './image-probe.ts';
import type { ImageEntry } from './model.ts';
import { isImagePath } from './paths.ts';
import { type DatasetSource, decodeText, type FileEntry } from './source.ts';

/** A dataset held in memory, for tests and small tools. */
export function memorySource(contents: ReadonlyMap<string, Uint8Array>): DatasetSource {
  const encoder = new TextEncoder();
  const paths = [...contents.keys()]
    .map((path) => ({ path, bytes: encoder.encode(path) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes))
    .map(({ path }) => path);
  const images = new Map<string, ImageEntry>();
  for (const path of paths.filter(isImagePath)) {
    const bytes = contents.get(path) ?? new Uint8Array();
    const { width, height, problem } = probeImage(
      bytes.subarray(0, PROBE_HEAD_BYTES),
      bytes.subarray(-PROBE_TAIL_BYTES),
    );
    images.set(path, { path, width, height, problem: problem?.detail ?? null });
  }
  return {
    async *files() {
      yield paths.map((path): FileEntry => ({ path, sizeBytes: contents.get(path)?.length ?? 0 }));
    },
    async *images() {
      yield [...images.values()];
    },
    findImages: async (wanted) => pick(images, wanted),
    texts: async (wanted) => new Map([...pick(contents, wanted)].map(([path, bytes]) => [path, decodeText(bytes)])),
    async *stream(path, start = 0) {
      const bytes = contents.get(path);
      if (!bytes) throw new RangeError(`The dataset has no file ${path}`);
      yield bytes.subarray(start);
    },
  };
}

function pick<V>(from: ReadonlyMap<string, V>, wanted: readonly string[]): Map<string, V> {
  const found = new Map<string, V>();
  for (const key of wanted) {
    const value = from.get(key);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
