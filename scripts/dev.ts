import { type Role, startGranary } from './granary.ts';
import { runUntilSignalled } from './signals.ts';

const ROLES: readonly Role[] = ['web', 'worker'];

/** Pages reload by Vite; the host and the worker by Node's own --watch. */
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --watch --watch-preserve-output`;
await runUntilSignalled(async () => {
  const granary = await startGranary(ROLES, 'development');
  console.log(`\nGranary reloads as you edit: ${granary.url}`);
  return granary;
});
