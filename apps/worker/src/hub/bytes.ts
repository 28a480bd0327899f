import { setTimeout as sleep } from 'node:timers/promises';
import { HubError, type HubHttp } from '@granary/hub/http';

/** Where a file of the Hub is. */
export interface HubSource {
  repoId: string;
  path: string;
  url: string;
  sizeBytes: number;
}

/** Failures in a row without a byte in between, after which the Hub counts as gone. */
const MOST_FAILURES = 8;
/** A connection that is silent for this long is closed. */
const SILENCE_MS = 60_000;

/** The content from `start` to before `end`, by default its own, over as many connections as it takes. @throws HubError */
export async function* bytesFrom(
  hub: HubHttp,
  { repoId, url, path, sizeBytes }: HubSource,
  { start, end }: { start: number; end?: number },
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const stop = end ?? sizeBytes;
  let at = start;
  let failures = 0;
  while (at < stop) {
    const before = at;
    try {
      const opened = await hub.open(repoId, url, { start: at, ...(end === undefined ? {} : { end: end - 1 }) });
      let skipped = at - opened.start;
      for await (const chunk of withoutSilence(opened.body, signal)) {
        // A server without ranges begins at the beginning.
        const fresh = chunk.subarray(Math.min(skipped, chunk.length));
        skipped -= chunk.length - fresh.length;
        const wanted = fresh.subarray(0, stop - at);
        at += wanted.length;
        if (wanted.length > 0) yield wanted;
        if (at >= stop) return;
      }
      if (at === before) throw new Error('The connection ended before any byte came');
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HubError && !error.isPassing) throw error;
      failures = at > before ? 0 : failures + 1;
      if (failures >= MOST_FAILURES) {
        if (error instanceof HubError) throw error;
        throw new HubError(
          'hub_unreachable',
          `The connection to the Hub broke ${failures} times at byte ${at} of ${path}.`,
          { isPassing: true, cause: error },
        );
      }
      if (failures > 0) await sleep(Math.min(30_000, 250 * 2 ** failures), undefined, { signal });
    }
  }
}

async function* withoutSilence(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  const silence = setTimeout(() => void reader.cancel(new Error('silence')).catch(() => {}), SILENCE_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      silence.refresh();
      yield Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      // A slow reader is not a silent connection.
      silence.refresh();
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener('abort', cancel);
    await reader.cancel().catch(() => {});
  }
}
