/**
 * Kills the worker at random moments of deleting, backing up, purging, restoring and importing, drops its connections to
 * PostgreSQL, and lets the store fail: afterwards nothing is orphaned, missing or half gone.
 *
 * npm run soak deletion [rounds]; on S3 where GRANARY_TEST_S3_ENDPOINT is set, else on files.
 */
import { deletionRounds } from '../tests/support/deletion-rounds.ts';
import { openFlakyStore } from '../tests/support/flaky-store.ts';
import { startTestGranary, testS3 } from '../tests/support/granary.ts';

const ROUNDS = Number(process.argv[3] ?? 200);
const s3 = testS3(`granary-soak-${Date.now()}`);
const store = s3?.S3_ENDPOINT ? await openFlakyStore(s3.S3_ENDPOINT) : undefined;
const granary = await startTestGranary({ env: s3 && store ? { ...s3, S3_ENDPOINT: store.url } : {} });
try {
  const result = await deletionRounds(granary, ROUNDS, { store, log: console.log });
  console.log(
    JSON.stringify({ name: 'deletion', driver: s3 ? 's3' : 'filesystem', ...result, storeFailures: store?.failures() }),
  );
  if (result.orphanObjects + result.rowsWithoutObjects + result.halfGone > 0) process.exitCode = 1;
} finally {
  await granary.stop();
  store?.stop();
}
