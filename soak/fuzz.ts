/**
 * Requests to every operation of the API, made from its own OpenAPI document: right, nearly right, and wrong. No answer is an
 * error of the server, and each is as the document says. Rounds, and the seed of the first: npm run soak fuzz 20 1
 */

import { fuzz } from '../tests/support/fuzz.ts';
import { fuzzWorld } from '../tests/support/fuzz-world.ts';
import { startTestGranary } from '../tests/support/granary.ts';

const ROUNDS = Number(process.argv[3] ?? 20);
const SEED = Number(process.argv[4] ?? Date.now() % 1_000_000);

const granary = await startTestGranary({
  env: { HF_ENDPOINT: 'http://127.0.0.1:9', GRANARY_REQUESTS_PER_MINUTE: '0' },
});
try {
  let total = 0;
  let failed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round;
    const { clients, known } = await fuzzWorld(granary);
    const { breaches, asked, statuses } = await fuzz(clients, { known, seed, runs: 10 });
    total += asked;
    failed += breaches.length;
    console.log(`seed ${seed}: ${asked} requests, ${JSON.stringify(statuses)}, ${breaches.length} wrong`);
    for (const { call, by, wrong } of breaches.slice(0, 20)) console.log(`- ${by}: ${call}\n    ${wrong}`);
  }
  console.log(JSON.stringify({ name: 'fuzz', isMet: failed === 0, requests: total, wrong: failed }));
  if (failed > 0) process.exitCode = 1;
} finally {
  await granary.stop();
}
