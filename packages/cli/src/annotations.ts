import { once } from 'node:events';
import { connect, type GlobalOptions } from './config.ts';

/** The annotation stream, a line of JSON for each image. */
export async function printAnnotations(
  id: string,
  { at, split, query, ...options }: GlobalOptions & { at: string; split?: string; query?: string },
): Promise<void> {
  const client = await connect(options);
  for await (const image of client.annotations(id, { version: at, split, q: query })) {
    if (!process.stdout.write(`${JSON.stringify(image)}\n`)) await once(process.stdout, 'drain');
  }
}
