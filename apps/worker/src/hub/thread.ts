import { parentPort, workerData } from 'node:worker_threads';
import { HubError, HubHttp } from '@granary/hub/http';
import { bytesFrom, type HubSource } from './bytes.ts';
import { Digest, type Digests } from './digest.ts';
import type { Parts } from './parts.ts';

/** What the thread is told. */
export type Order = { id: number } & (
  | { kind: 'read'; source: HubSource; start: number; parts: Parts }
  /** Memory that a part came in, to be used again. */
  | { kind: 'return'; buffer: ArrayBuffer }
  | { kind: 'cancel' }
);

/** What the thread tells. */
export type Report = { id: number } & (
  | { kind: 'bytes'; bytes: number }
  | { kind: 'part'; buffer: ArrayBuffer; length: number }
  /** The hashes are those of the whole content, when it was read from its beginning. */
  | { kind: 'end'; digests: Digests | null }
  | { kind: 'failed'; error: Pick<HubError, 'message'> & Partial<Pick<HubError, 'code' | 'isPassing'>> }
);

const REPORT_MS = 100;

interface Reading {
  abort: AbortController;
  free: ArrayBuffer[];
  onReturn: (() => void) | null;
}

const { endpoint, token }: { endpoint: string; token: string | null } = workerData;
const readings = new Map<number, Reading>();

parentPort?.on('message', (order: Order) => {
  const reading = readings.get(order.id);
  if (order.kind === 'cancel') {
    reading?.abort.abort();
    reading?.onReturn?.();
  } else if (order.kind === 'return') {
    reading?.free.push(order.buffer);
    reading?.onReturn?.();
  } else void read(order);
});

function tell(report: Report): void {
  parentPort?.postMessage(report, report.kind === 'part' ? [report.buffer] : []);
}

async function read({ id, source, start, parts }: Extract<Order, { kind: 'read' }>): Promise<void> {
  const reading: Reading = { abort: new AbortController(), free: [], onReturn: null };
  readings.set(id, reading);
  try {
    tell({ id, kind: 'end', digests: await readParts(id, reading, source, start, parts) });
  } catch (error) {
    const { message } = error as Error;
    const known = error instanceof HubError ? { code: error.code, isPassing: error.isPassing } : {};
    tell({ id, kind: 'failed', error: { message, ...known } });
  } finally {
    readings.delete(id);
  }
}

async function readParts(
  id: number,
  reading: Reading,
  source: HubSource,
  start: number,
  { partBytes, most }: Parts,
): Promise<Digests | null> {
  const { signal } = reading.abort;
  const hub = new HubHttp({ endpoint, token, signal });
  const digest = start === 0 ? new Digest(source.sizeBytes) : null;
  let made = 0;
  const nextBuffer = async (): Promise<Uint8Array<ArrayBuffer>> => {
    while (reading.free.length === 0 && made === most) {
      signal.throwIfAborted();
      await new Promise<void>((returned) => {
        reading.onReturn = returned;
      });
      reading.onReturn = null;
    }
    const free = reading.free.pop();
    if (!free) made++;
    return new Uint8Array(free ?? new ArrayBuffer(partBytes));
  };
  let part: Uint8Array<ArrayBuffer> | null = null;
  let filled = 0;
  let untold = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  const flush = () => {
    if (part === null) return;
    tell({ id, kind: 'part', buffer: part.buffer, length: filled });
    part = null;
    filled = 0;
  };
  for await (const chunk of bytesFrom(hub, source, { start }, signal)) {
    digest?.update(chunk);
    untold += chunk.length;
    if (performance.now() - toldAt >= REPORT_MS) {
      tell({ id, kind: 'bytes', bytes: untold });
      toldAt = performance.now();
      untold = 0;
    }
    for (let at = 0; at < chunk.length; ) {
      part ??= await nextBuffer();
      const taken = Math.min(chunk.length - at, partBytes - filled);
      part.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled === partBytes) flush();
    }
  }
  flush();
  tell({ id, kind: 'bytes', bytes: untold });
  return digest?.end() ?? null;
}
