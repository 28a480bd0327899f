/**
 * 300 listeners of job events and 50 requests a second, for a minute, on one web process: no error, and no growth of memory
 * afterwards. A shorter round: npm run soak events 10
 */
import { Client } from '../tests/support/client.ts';
import { listenAndAsk } from '../tests/support/events.ts';
import { startTestGranary } from '../tests/support/granary.ts';

const SECONDS = Number(process.argv[3] ?? 60);

// A heap as a small container has it: without a bound, V8 takes memory rather than time.
const HEAP = { NODE_OPTIONS: '--max-old-space-size=384' };

const granary = await startTestGranary({ env: HEAP });
try {
  const client = new Client(granary.url);
  await client.register();
  // A first round, so that what is loaded once does not count as growth.
  await listenAndAsk(granary, client, { listeners: 300, perSecond: 50, seconds: SECONDS, settleSeconds: 8 });
  const result = await listenAndAsk(granary, client, {
    listeners: 300,
    perSecond: 50,
    seconds: SECONDS,
    settleSeconds: 8,
  });
  const { errors, requests, events, ended, beforeMib, peakMib, afterMib } = result;
  console.log(
    `${requests} requests, ${events} events to 300 listeners of whom ${ended} saw the end, ${errors.length} errors`,
  );
  console.log(`web process: ${beforeMib} MiB before, ${peakMib} at most, ${afterMib} MiB after`);
  for (const error of errors.slice(0, 5)) console.log(error);
  const isMet = errors.length === 0 && ended === 300 && afterMib - beforeMib < 20;
  console.log(JSON.stringify({ name: 'events', isMet, requests, events, errors: errors.length, beforeMib, afterMib }));
  if (!isMet) process.exitCode = 1;
} finally {
  await granary.stop();
}
