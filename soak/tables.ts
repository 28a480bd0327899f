/**
 * Random tables, uploaded as JSON Lines, an array, CSV, Parquet of two writers and Arrow: rows, filters, search and statistics are
 * the table's own. Rounds of six forms, tables of each in a round, and the seed of the first: npm run soak tables 20 5 1
 */
import { Client } from '../tests/support/client.ts';
import { startTestGranary } from '../tests/support/granary.ts';
import { uploadRandomTables } from '../tests/support/random-uploads.ts';

const ROUNDS = Number(process.argv[3] ?? 20);
const RUNS = Number(process.argv[4] ?? 5);
const SEED = Number(process.argv[5] ?? Date.now() % 1_000_000);

const granary = await startTestGranary({ env: { GRANARY_REQUESTS_PER_MINUTE: '0' } });
try {
  const client = new Client(granary.url);
  await client.register();
  let failed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const differing = await uploadRandomTables(client, { seed: SEED + round, runs: RUNS });
    failed += differing.length;
    console.log(`seed ${SEED + round}: ${6 * RUNS} tables, ${differing.length} forms that differ`);
    for (const one of differing) console.log(one);
  }
  console.log(JSON.stringify({ name: 'tables', tables: ROUNDS * RUNS * 6, differing: failed, isMet: failed === 0 }));
  if (failed > 0) process.exitCode = 1;
} finally {
  await granary.stop();
}
