import { setTimeout as sleep } from 'node:timers/promises';
import type { TestGranary } from '../granary.ts';
import { Person } from './person.ts';
import { Chance } from './random.ts';
import { Tally } from './tally.ts';

/** A few people live with a Granary whose worker is killed once in between; what was promised to them is compared. */
export async function chaosRound(
  granary: TestGranary,
  { people: count, seconds, seed }: { people: number; seconds: number; seed: number },
): Promise<Tally> {
  const tally = new Tally();
  const people = Array.from(
    { length: count },
    (_, i) => new Person(`chaos${i}`, granary.url, tally, new Chance(seed + i)),
  );
  for (const person of people) await person.join(people);
  const time = AbortSignal.timeout(seconds * 1000);
  const kill = async () => {
    await sleep((seconds * 1000) / 3);
    await granary.worker.end('SIGKILL');
    tally.count('fault: worker killed');
    await granary.worker.start();
  };
  await Promise.all([...people.map((person) => person.live(time)), kill()]);
  await Promise.all(people.map((person) => person.lookThrough()));
  return tally;
}
