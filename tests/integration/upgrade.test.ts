import { expect, test } from 'vitest';
import { earlierCommits, upgradeFrom } from '../support/upgrade.ts';

const { commits, why } = earlierCommits(1);
if (why !== null) console.log(`Skipping the upgrade from an earlier commit: ${why}`);

test.skipIf(why !== null)('data, sessions, half uploads and jobs of the last commit go on in this one', async () => {
  for (const commit of commits) await upgradeFrom(commit);
  expect(commits).toHaveLength(1);
});
