/** Kills the worker at random moments of imports, round after round: each must end as an undisturbed import does. */
import { deepStrictEqual } from 'node:assert';
import { yoloDataset, zipOf } from '../tests/support/archives.ts';
import { Client } from '../tests/support/client.ts';
import { startTestGranary, testS3 } from '../tests/support/granary.ts';
import { importWithKills, stateOf } from '../tests/support/kill.ts';

const ROUNDS = Number(process.argv[3] ?? 20);
const granary = await startTestGranary({ env: testS3('granary-soak') ?? {} });
try {
  const client = new Client(granary.url);
  await client.register();
  const archive = await zipOf(await yoloDataset(2000));
  const base = await zipOf(await yoloDataset(300));
  const start = async () => {
    const id = await client.createDataset();
    await client.importArchive(id, 'base.zip', base);
    return id;
  };
  const undisturbed = await start();
  await client.importArchive(undisturbed, 'data.zip', archive);
  const expected = await stateOf(granary, client, undisturbed);
  let kills = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const id = await start();
    const result = await importWithKills(granary, client, id, archive, [Math.random() * 3000, Math.random() * 3000]);
    deepStrictEqual(result.job.state, 'completed');
    deepStrictEqual(await stateOf(granary, client, id), expected);
    kills += result.kills;
    console.log(`round ${round}: ${result.kills} kills, same state`);
  }
  console.log(JSON.stringify({ name: 'kill', rounds: ROUNDS, kills, differences: 0 }));
} finally {
  await granary.stop();
}
