import { spawnSync } from 'node:child_process';
import { root } from './paths.ts';

/** `npm run audit`: known faults of what Granary depends on at run time; those that are high or worse fail. */
const { status, stdout, stderr } = spawnSync('pnpm', ['audit', '--prod', '--audit-level=high'], {
  cwd: root,
  encoding: 'utf8',
});
const output = `${stdout}${stderr}`;
console.log(output.trim());
if (/ERR_PNPM_AUDIT_(BAD_RESPONSE|ENDPOINT)|ENOTFOUND|ECONNREFUSED|ETIMEDOUT/.test(output)) {
  console.log('\nThe registry in use does not answer audits: dependencies were NOT audited.');
  process.exit(0);
}
process.exit(status ?? 1);
