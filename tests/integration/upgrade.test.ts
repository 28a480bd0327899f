import { expect, test } from 'vitest';
import { earlierCommits, upgradeFromNewest } from '../support/upgrade.ts';

const { commits, why } = earlierCommits(3);
if (why !== null) console.log(`Skipping the upgrade from an earlier commit: ${why}`);

test.skipIf(why !== null)('data, sessions, half uploads and jobs of the last commit go on in this one', async () => {
  expect(commits).toContain(await upgradeFromNewest(commits));
});
