import { Client } from './client.ts';
import type { FlakyLink } from './flaky-link.ts';
import { until } from './until.ts';

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
  const send = async () => {
    try {
      const offset = await over.offset(upload);
      if (offset >= sizeBytes) return true;
      const answer = await over.patch(upload, offset, piece.subarray(offset % piece.length));
      // The lease of a request that broke off is kept for some seconds.
      if (![204, 409, 423].includes(answer.status)) throw new RangeError(`${answer.status} ${await answer.text()}`);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      cuts++;
    }
    return false;
  };
  await until(send, Boolean, { seconds: 600, everyMs: 20 });
  return { cuts };
}
