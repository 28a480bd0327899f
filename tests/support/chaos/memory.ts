import { ROLES, type Role, type Site } from './site.ts';

const EVERY_MS = 5000;
const MIB = 1024 * 1024;
/** The median of the last third may be above those before by this much: caches fill, and garbage waits. */
const GROWTH_SHARE = 0.25;
const GROWTH_MIB = 60;

export interface Memory {
  role: Role;
  peakMib: number;
  /** Medians of what all processes of the role have together, by thirds of the time. */
  thirdsMib: [number, number, number];
  isFlat: boolean;
}

/** Looks every five seconds at what the processes of each role have of memory, until it is asked for the sum of it. */
export function watchMemory(site: Site): () => Memory[] {
  const samples: Record<Role, number[]> = { web: [], worker: [], reader: [], postgres: [] };
  const look = setInterval(() => {
    const processes = site.processes();
    for (const role of ROLES) {
      const own = processes.filter((each) => each.role === role);
      if (own.length > 0) samples[role].push(own.reduce((sum, { residentBytes }) => sum + residentBytes, 0) / MIB);
    }
  }, EVERY_MS);
  return () => {
    clearInterval(look);
    return ROLES.map((role) => {
      const all = samples[role];
      const third = (part: number) =>
        median(all.slice(Math.floor((all.length * part) / 3), Math.floor((all.length * (part + 1)) / 3)));
      const thirdsMib: Memory['thirdsMib'] = [third(0), third(1), third(2)];
      // What was killed in a third begins small again.
      const before = Math.max(thirdsMib[0], thirdsMib[1]);
      const isFlat = thirdsMib[2] <= before * (1 + GROWTH_SHARE) + GROWTH_MIB;
      return { role, peakMib: Math.round(Math.max(0, ...all)), thirdsMib, isFlat };
    });
  };
}

function median(numbers: readonly number[]): number {
  return Math.round([...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0);
}
