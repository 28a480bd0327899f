/**
 * Kills the worker at random moments of an undo, a rollback, a compaction, a fork, a merge and a publication, drops its connections to
 * PostgreSQL, and lets the store fail: afterwards every named version has the bytes that it was named with, and nothing is
 * orphaned or lost.
 *
 * npm run soak versions [rounds]; on S3 where GRANARY_TEST_S3_ENDPOINT is set, else on files.
 */
import { openFlakyStore } from '../tests/support/flaky-store.ts';
import { startTestGranary, testS3 } from '../tests/support/granary.ts';
import { versionRounds } from '../tests/support/version-rounds.ts';

const ROUNDS = Number(process.argv[3] ?? 60);
const s3 = testS3(`granary-soak-${Date.now()}`);
const store = s3?.S3_ENDPOINT ? await openFlakyStore(s3.S3_ENDPOINT) : undefined;
const granary = await startTestGranary({ env: s3 && store ? { ...s3, S3_ENDPOINT: store.url } : {} });
try {
  const result = await versionRounds(granary, ROUNDS, { store, log: console.log });
  console.log(
    JSON.stringify({ name: 'versions', driver: s3 ? 's3' : 'filesystem', ...result, storeFailures: store?.failures() }),
  );
  const { orphanObjects, lostFiles, otherVersions, leftOver } = result;
  if (orphanObjects + lostFiles + otherVersions + leftOver > 0) process.exitCode = 1;
} finally {
  await granary.stop();
  store?.stop();
}
