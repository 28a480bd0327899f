import { expect, inject, test } from 'vitest';
import { deletionRounds } from '../support/deletion-rounds.ts';
import { openFlakyStore } from '../support/flaky-store.ts';
import { startTestGranary, testS3 } from '../support/granary.ts';
import { versionRounds } from '../support/version-rounds.ts';

/** A small round of `npm run soak deletion`: each scene once, cut off once; on a bucket, the first of them. */
const ROUNDS = 6;

/** The same of `npm run soak versions`. */
const SCENES_OF_VERSIONS = 6;
const nothingLost = { orphanObjects: 0, lostFiles: 0, otherVersions: 0, leftOver: 0, rounds: SCENES_OF_VERSIONS };
const none = { orphanObjects: 0, rowsWithoutObjects: 0, halfGone: 0, rounds: ROUNDS };

test('a worker that is killed at random leaves nothing half done, on files', { timeout: 300_000 }, async () => {
  const granary = await startTestGranary({ serverUrl: inject('serverUrl') });
  try {
    expect(await deletionRounds(granary, ROUNDS, { images: 50, cuts: 1 })).toMatchObject(none);
    expect(await versionRounds(granary, SCENES_OF_VERSIONS, { images: 8, cuts: 1 })).toMatchObject(nothingLost);
  } finally {
    await granary.stop();
  }
});

// What an earlier run has left in a bucket would be taken for orphans.
const s3 = testS3(`granary-crash-${Date.now()}`);

test.skipIf(!s3)('nor on a store that fails at random', { timeout: 400_000 }, async () => {
  const store = await openFlakyStore(s3?.S3_ENDPOINT ?? '');
  const granary = await startTestGranary({ serverUrl: inject('serverUrl'), env: { ...s3, S3_ENDPOINT: store.url } });
  try {
    const rounds = 3;
    expect(await deletionRounds(granary, rounds, { store, images: 30, cuts: 1 })).toMatchObject({ ...none, rounds });
    expect(await versionRounds(granary, rounds, { store, images: 8, cuts: 1 })).toMatchObject({
      ...nothingLost,
      rounds,
    });
  } finally {
    await granary.stop();
    store.stop();
  }
});
