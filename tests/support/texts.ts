import { afterAll, beforeAll } from 'vitest';
import { zipOf } from './archives.ts';
import { type HubWorld, startHubWorld } from './hub-world.ts';

type Json = ReturnType<typeof JSON.parse>;
export type Texts = ReturnType<typeof useTexts>;

/** A Granary beside a Hub for all tests of a file, and what tests of rows do with it. */
export function useTexts() {
  let world: HubWorld;
  beforeAll(async () => {
    world = await startHubWorld();
  });
  afterAll(() => world.stop());
  return {
    get world() {
      return world;
    },
    get client() {
      return world.client;
    },
    /** Uploads files as one archive and imports them. */
    async put(id: string, files: Record<string, string | Uint8Array>, options?: object): Promise<Json> {
      const entries = Object.entries(files).map(([path, content]): [string, Uint8Array] => [
        path,
        Buffer.from(content),
      ]);
      const { job } = await world.client.importArchive(id, 'data.zip', await zipOf(new Map(entries)), options);
      return job;
    },
    async samples(id: string, query = ''): Promise<Json> {
      return (await world.client.json('GET', `/api/v1/datasets/${id}/samples?${query}`)).body;
    },
  };
}
