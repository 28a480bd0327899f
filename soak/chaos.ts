/**
 * An hour's worth of a month: 20 people bring, edit, download, share, delete and restore, while processes are killed and
 * frozen, PostgreSQL is restarted, the disk fills, the clock jumps, and the bucket, where GRANARY_TEST_S3_ENDPOINT is set,
 * fails and slows. Those people know nothing but the HTTP contract; whatever it promises has to be so.
 *
 * npm run soak chaos -- --minutes 60 --people 20 --seed 1
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { breakThings } from '../tests/support/chaos/faults.ts';
import { watchMemory } from '../tests/support/chaos/memory.ts';
import { Person } from '../tests/support/chaos/person.ts';
import { Chance } from '../tests/support/chaos/random.ts';
import { openSite } from '../tests/support/chaos/site.ts';
import { Tally } from '../tests/support/chaos/tally.ts';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    minutes: { type: 'string', default: '60' },
    people: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    disk: { type: 'boolean', default: false },
  },
});
const [minutes, count, seed] = [Number(values.minutes), Number(values.people), Number(values.seed)];
/** What is younger than an hour is not called a stray. */
const LATER_SECONDS = 2 * 3600;
const QUIET_MS = 10 * 60_000;

const tally = new Tally();
const isOnS3 = process.env.GRANARY_TEST_S3_ENDPOINT !== undefined && !values.disk;
const site = await openSite({ s3: isOnS3 });
console.log(
  `${count} people for ${minutes} minutes, seed ${seed}, content ${isOnS3 ? 'in a bucket' : 'on disk'}: ${site.dataDir}`,
);
if (!site.clock) console.log('The clock does not jump, and orphans younger than an hour are not seen: no libfaketime.');
if (!site.isDiskSmall) console.log('The disk does not fill: this machine mounts none.');

const people = Array.from(
  { length: count },
  (_, i) => new Person(`person${i}`, site.url, tally, new Chance(seed * 1000 + i)),
);
// The first account administers the site.
for (const person of people) await person.join(people);
const memory = watchMemory(site);
const time = new AbortController();
setTimeout(() => time.abort(), minutes * 60_000).unref();
const progress = setInterval(
  () => console.log(`${tally.counts.get('requests') ?? 0} requests, ${tally.broken.length} broken promises`),
  60_000,
);
await Promise.all([
  ...people.map((person) => person.live(time.signal)),
  breakThings(site, tally, new Chance(seed), time.signal),
]);
clearInterval(progress);

console.log('The faults are over: until everything is quiet…');
const [admin] = people;
if (!admin) throw new Error('There must be one person at least');
const quietBy = performance.now() + QUIET_MS;
for (let open = await admin.openJobs(); open.length > 0; open = await admin.openJobs()) {
  if (performance.now() > quietBy) {
    tally.break(`Jobs are stuck: ${JSON.stringify(open).slice(0, 1000)}`);
    break;
  }
  await sleep(1000);
}
console.log('Everything that was brought is compared…');
await Promise.all(people.map((person) => person.lookThrough()));
site.clock?.jump(LATER_SECONDS);
await sleep(3000);
const findings = await admin.checkIntegrity();
for (const finding of findings) tally.break(`The check finds ${JSON.stringify(finding)}`);
site.clock?.jump(0);

for (const { role, peakMib, thirdsMib, isFlat } of memory()) {
  console.log(`memory of ${role}: ${thirdsMib.join(', ')} MiB in the thirds of the time, ${peakMib} MiB at most`);
  if (!isFlat) tally.break(`The memory of ${role} grows: ${thirdsMib.join(', ')} MiB`);
}
const code = await site.stop();
if (code !== 0) tally.break(`The site ended with ${code}`);
console.log(`\n${tally.table()}\n`);
console.log(
  JSON.stringify({
    name: 'chaos',
    minutes,
    people: count,
    seed,
    requests: tally.counts.get('requests'),
    broken: tally.broken.length,
  }),
);
if (tally.broken.length > 0) process.exitCode = 1;
