/** Kills the worker at random bytes of a download, round after round: the result is the Hub's, and little is fetched twice. */
import { rmSync } from 'node:fs';
import { Client } from '../tests/support/client.ts';
import { startTestGranary, testS3 } from '../tests/support/granary.ts';
import { makeHubData } from '../tests/support/hub-data.ts';
import { downloadWithKills } from '../tests/support/hub-kill.ts';
import { startStandInHub } from '../tools/hub/server.ts';

const ROUNDS = Number(process.argv[3] ?? 30);
const ROWS = 1_500_000;
const BYTES = 200e6;
const folder = await makeHubData(ROWS);
const hub = await startStandInHub(folder);
const granary = await startTestGranary({ env: { HF_ENDPOINT: hub.url, ...(testS3('granary-soak-hub') ?? {}) } });
try {
  const client = new Client(granary.url);
  await client.register();
  hub.faults.bytesPerSecond = 60e6;
  const fetched: number[] = [];
  let kills = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const result = await downloadWithKills(granary, client, hub, folder, [Math.random() * BYTES]);
    if (result.state !== 'completed' || !result.sameBytes) throw new Error(`round ${round}: ${JSON.stringify(result)}`);
    fetched.push(result.fetched);
    kills += result.kills;
    console.log(
      `round ${round}: ${result.kills} kill, ${result.fetched.toFixed(3)} of the bytes fetched, the same bytes`,
    );
  }
  const mean = fetched.reduce((sum, share) => sum + share, 0) / fetched.length;
  const worst = Math.max(...fetched);
  console.log(
    JSON.stringify({ name: 'hub', rounds: ROUNDS, kills, fetchedMean: mean, fetchedWorst: worst, goal: '< 1.1' }),
  );
  if (worst >= 1.1) process.exitCode = 1;
} finally {
  await granary.stop();
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
}
