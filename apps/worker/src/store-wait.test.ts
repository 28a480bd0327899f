import { AppError } from '@granary/core/errors/app-error';
import type { JobStep } from '@granary/core/queue/steps';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { whenTheStoreCan } from './store-wait.ts';

const log = pino({ level: 'silent' });
const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const full = () => Object.assign(new Error('no'), { name: 'QuotaExceeded' });

/** Work that fails once, and what is said until it is done. */
async function failingOnce(failure: Error, isThere: boolean): Promise<JobStep[]> {
  const said: JobStep[] = [];
  const store = {
    freeBytes: async () => null,
    check: async () => {
      if (!isThere) throw new Error("The bucket can't be used", { cause: away() });
    },
  };
  let tries = 0;
  const waiting = { store, log, signal: new AbortController().signal, say: (step: JobStep) => void said.push(step) };
  const done = await whenTheStoreCan(waiting, async () => {
    if (++tries === 1) throw failure;
    return 'done';
  });
  expect(done).toBe('done');
  return said;
}

test.concurrent('work waits for a bucket that is full, and for one that does not answer', async () => {
  const [bucketFull, bucketAway] = await Promise.all([failingOnce(full(), true), failingOnce(away(), false)]);
  expect(bucketFull).toEqual([{ code: 'waiting_for_bucket', subject: '' }]);
  expect(bucketAway).toEqual([{ code: 'waiting_for_store', subject: '' }]);
});

test.concurrent('what was away is left to the queue where the store is there', async () => {
  await expect(failingOnce(away(), true)).rejects.toThrow('ECONNREFUSED');
});

test.concurrent('what would come again is not waited for', async () => {
  const refused = new AppError('not_a_backup', { cause: away() });
  await expect(failingOnce(refused, false)).rejects.toBe(refused);
});
