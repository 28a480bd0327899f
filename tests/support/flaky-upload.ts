import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.ts';
import type { FlakyLink } from './flaky-link.ts';

/** Sends a file that is one piece over and over, in requests of a piece, going on after each break where the server is. */
export async function sendOverFlakyLink(
  client: Client,
  link: FlakyLink,
  upload: string,
  piece: Buffer<ArrayBuffer>,
  sizeBytes: number,
): Promise<{ cuts: number }> {
  const over = new Client(link.url);
  over.cookie = client.cookie;
  let cuts = 0;
  for (;;) {
    try {
      const offset = await over.offset(upload);
      if (offset >= sizeBytes) return { cuts };
      const answer = await over.patch(upload, offset, piece.subarray(offset % piece.length));
      // The lease of a request that broke off is kept for some seconds.
      if (answer.status === 423 || answer.status === 409) await sleep(200);
      else if (answer.status !== 204) throw new RangeError(`${answer.status} ${await answer.text()}`);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      cuts++;
      await sleep(20);
    }
  }
}
