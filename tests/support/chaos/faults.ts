import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from './random.ts';
import type { Role, Site } from './site.ts';
import type { Tally } from './tally.ts';

/** What can go wrong with a site, and how often each does, of so many. */
const FAULTS = {
  'web killed': 4,
  'worker killed': 6,
  'reader killed': 2,
  'PostgreSQL killed': 2,
  'a session of PostgreSQL killed': 2,
  'PostgreSQL restarted': 2,
  'all killed at once': 1,
  'worker frozen': 2,
  'disk full': 3,
  'disk full to the last byte': 1,
  'clock jumped': 4,
  'store failing': 4,
  'store slow': 2,
} as const;
type Fault = keyof typeof FAULTS;

const MINUTE = 60;

/** Breaks one thing after another until the time is over; then everything is as it should be. */
export async function breakThings(site: Site, tally: Tally, chance: Chance, signal: AbortSignal): Promise<void> {
  const wait = (seconds: number) => sleep(seconds * 1000, null, { signal }).catch(() => {});
  await wait(5);
  while (!signal.aborted) {
    const fault = chance.weighted<Fault>(FAULTS);
    try {
      if (await does(fault, site, chance, wait)) tally.count(`fault: ${fault}`);
    } finally {
      site.emptyDisk();
      site.clock?.jump(0);
      site.store?.failing(0);
      site.store?.slow(0);
    }
    await wait(chance.between(4, 16));
  }
}

/** Whether this site can have that. */
async function does(
  fault: Fault,
  site: Site,
  chance: Chance,
  wait: (seconds: number) => Promise<unknown>,
): Promise<boolean> {
  const all = (role: Role) => site.processes().filter((each) => each.role === role);
  const kill = (role: Role, signal: NodeJS.Signals = 'SIGKILL') => {
    const found = all(role).filter(({ pid }) => pid !== site.postmaster());
    if (found.length === 0) return false;
    return send(chance.one(found).pid, signal);
  };
  switch (fault) {
    case 'web killed':
      return kill('web');
    case 'worker killed':
      return kill('worker');
    case 'reader killed':
      return kill('reader');
    case 'a session of PostgreSQL killed':
      return kill('postgres');
    case 'PostgreSQL killed':
      return send(site.postmaster(), 'SIGKILL');
    case 'PostgreSQL restarted':
      return send(site.postmaster(), 'SIGINT');
    case 'all killed at once':
      send(site.postmaster(), 'SIGKILL');
      kill('web');
      return kill('worker');
    case 'worker frozen': {
      const worker = all('worker').at(0);
      if (!worker || !send(worker.pid, 'SIGSTOP')) return false;
      // Longer than it takes until another takes over its jobs.
      await wait(chance.between(5, 30));
      return send(worker.pid, 'SIGCONT');
    }
    case 'disk full':
    case 'disk full to the last byte':
      if (!site.isDiskSmall) return false;
      site.fillDisk(fault === 'disk full' ? chance.between(0, 12) * 1e6 : 0);
      await wait(chance.between(5, 25));
      return true;
    case 'clock jumped':
      if (!site.clock) return false;
      site.clock.jump(chance.between(-5 * MINUTE, 5 * MINUTE));
      await wait(chance.between(5, 25));
      return true;
    case 'store failing':
      if (!site.store) return false;
      site.store.failing(0.3);
      await wait(chance.between(3, 15));
      return true;
    case 'store slow':
      if (!site.store) return false;
      site.store.slow(1500);
      await wait(chance.between(3, 15));
      return true;
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  if (pid < 2) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
