import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { type StandInHub, startStandInHub } from '../../tools/hub/server.ts';
import { type Answer, Client } from './client.ts';
import { startTestGranary, type TestGranary } from './granary.ts';
import { makeHubData } from './hub-data.ts';

type Json = ReturnType<typeof JSON.parse>;

/** A Granary whose Hub is the stand-in over the datasets of hub-data.ts, and its first account. */
export interface HubWorld {
  /** What the stand-in serves. */
  folder: string;
  hub: StandInHub;
  granary: TestGranary;
  client: Client;
  /** Everything that web and worker have logged. */
  logFile: string;
  /** Asks for a download. */
  start(body: object): Promise<Answer<Json>>;
  /** Downloads to the end, whatever that is. */
  download(body: object): Promise<{ id: string; job: Json; dataset: Json }>;
  /** The SHA-256 of a file that the stand-in serves. */
  sha256Of(path: string): string;
  /** The stand-in is itself again, and has sent nothing. */
  calm(): void;
  stop(): Promise<void>;
}

export async function startHubWorld(env: Record<string, string> = {}): Promise<HubWorld> {
  const folder = await makeHubData();
  const hub = await startStandInHub(folder);
  const logFile = join(folder, 'granary.log');
  const granary = await startTestGranary({
    serverUrl: inject('serverUrl'),
    env: { HF_ENDPOINT: hub.url, LOG_LEVEL: 'trace', ...env },
    logFile,
  });
  const client = new Client(granary.url);
  await client.register('owner');
  const start = (body: object) => client.json('POST', '/api/v1/datasets/download', body);
  return {
    folder,
    hub,
    granary,
    client,
    logFile,
    start,
    async download(body) {
      const { status, body: started } = await start(body);
      expect({ status, body: started }).toMatchObject({ status: 202, body: { status: 'pending' } });
      const job = await client.waitForJob(started.jobId);
      return { id: started.id, job, dataset: await client.dataset(started.id) };
    },
    sha256Of: (path) =>
      createHash('sha256')
        .update(readFileSync(join(folder, 'datasets', path)))
        .digest('hex'),
    calm() {
      for (const name of Object.keys(hub.faults)) delete hub.faults[name as keyof typeof hub.faults];
      hub.sent.clear();
    },
    async stop() {
      await granary.stop();
      await hub.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
