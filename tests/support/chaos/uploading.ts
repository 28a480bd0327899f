import { setTimeout as sleep } from 'node:timers/promises';
import type { Known } from './belongings.ts';
import type { Caller } from './caller.ts';
import type { Chance } from './random.ts';
import type { Tally } from './tally.ts';

const PIECE_BYTES = 256 * 1024;
const TUS = { 'tus-resumable': '1.0.0' };

/** Uploads over a line that is cut now and then. */
export class Uploading {
  readonly #caller: Caller;
  readonly #tally: Tally;
  readonly #chance: Chance;

  constructor(caller: Caller, tally: Tally, chance: Chance) {
    this.#caller = caller;
    this.#tally = tally;
    this.#chance = chance;
  }

  /** In pieces, some of which are cut off on the way; each goes on where the server says that it has got to. */
  async send(dataset: Known, filename: string, bytes: Buffer<ArrayBuffer>, kind: string): Promise<string> {
    const metadata = Object.entries({ datasetId: dataset.id, filename, kind })
      .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
      .join(',');
    const headers = { ...TUS, 'upload-length': String(bytes.length), 'upload-metadata': metadata };
    const made = await this.#caller.ask('POST', '/uploads', { headers });
    if (made.status !== 201) throw new Error(`No upload: ${made.status} ${made.bytes.toString()}`);
    const id = made.headers.get('location')?.split('/').at(-1) ?? '';
    for (let offset = 0; offset < bytes.length; ) {
      const piece = bytes.subarray(offset, offset + PIECE_BYTES);
      const isCut = this.#chance.next() < 0.1;
      const cut = isCut ? AbortSignal.timeout(this.#chance.between(1, 40)) : undefined;
      const sent = await this.#caller.once(
        'PATCH',
        `/uploads/${id}`,
        {
          headers: { ...TUS, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
          body: piece,
        },
        cut,
      );
      if (sent?.status === 204) {
        offset = Number(sent.headers.get('upload-offset'));
        continue;
      }
      if (isCut) this.#tally.count('uploads cut off');
      await sleep(200);
      const head = await this.#caller.ask('HEAD', `/uploads/${id}`, { headers: TUS });
      if (head.status !== 200) throw new Error(`The upload ${id} is gone: ${head.status}`);
      offset = Number(head.headers.get('upload-offset'));
    }
    this.#tally.count('bytes uploaded', bytes.length);
    return id;
  }
}
