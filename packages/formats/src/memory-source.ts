import { PROBE_HEAD_BYTES, PROBE_TAIL_BYTES, probeImage } from './image-probe.ts';
import { listedSource } from './listed-source.ts';
import type { ImageEntry } from './model.ts';
import type { DatasetSource } from './source.ts';

/** A dataset held in memory, for tests and small tools. */
export function memorySource(contents: ReadonlyMap<string, Uint8Array>): DatasetSource {
  return listedSource(
    [...contents].map(([path, bytes]) => ({ path, sizeBytes: bytes.length })),
    {
      open: (path, start) => once(contents.get(path)?.subarray(start) ?? new Uint8Array()),
      imageOf: (path) => imageOf(path, contents.get(path) ?? new Uint8Array()),
    },
  );
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function imageOf(path: string, bytes: Uint8Array): ImageEntry {
  const { width, height, problem } = probeImage(bytes.subarray(0, PROBE_HEAD_BYTES), bytes.subarray(-PROBE_TAIL_BYTES));
  return { path, width, height, problem: problem?.detail ?? null };
}
