/**
 * From each of the last three commits to this one, with data, a session, a key, half an upload and an import that is not
 * done. Other commits: npm run soak upgrade <commit>…
 */
import { earlierCommits, upgradeFromNewest } from '../tests/support/upgrade.ts';

const named = process.argv.slice(3);
const { commits, why } = named.length > 0 ? { commits: named, why: null } : earlierCommits(3);
if (why !== null) {
  console.log(`There is nothing to upgrade from: ${why}`);
  process.exitCode = 1;
}
for (const commit of commits) {
  const start = performance.now();
  const upgraded = await upgradeFromNewest([commit]);
  if (upgraded === null) continue;
  console.log(`${commit}: upgraded, everything is there (${Math.round((performance.now() - start) / 1000)} s)`);
}
console.log(JSON.stringify({ name: 'upgrade', commits: commits.length }));
