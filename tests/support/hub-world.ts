import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type StandInHub, startStandInHub } from '../../tools/hub/server.ts';
import { Client } from './client.ts';
import { startTestGranary, type TestGranary } from './granary.ts';
import { makeHubData } from './hub-data.ts';

/** A Granary whose Hub is the stand-in over the datasets of hub-data.ts, and its first account. */
export interface HubWorld {
  /** What the stand-in serves. */
  folder: string;
  hub: StandInHub;
  granary: TestGranary;
  client: Client;
  /** Everything that web and worker have logged. */
  logFile: string;
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
  return {
    ...{ folder, hub, granary, client, logFile },
    async stop() {
      await granary.stop();
      await hub.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
