import { expect, test } from 'vitest';
import { ahead } from './ahead.ts';

async function* counted(log: string[], failAt = Number.POSITIVE_INFINITY): AsyncGenerator<number, void> {
  try {
    for (let i = 0; i < 4; i++) {
      log.push(`make ${i}`);
      if (i === failAt) throw new Error('broken');
      yield i;
    }
  } finally {
    log.push('closed');
  }
}

test('the next item is made while one is worked on, and all come in their order', async () => {
  const log: string[] = [];
  for await (const item of ahead(counted(log))) {
    await Promise.resolve();
    log.push(`use ${item}`);
  }
  expect(log).toEqual(['make 0', 'make 1', 'use 0', 'make 2', 'use 1', 'make 3', 'use 2', 'closed', 'use 3']);
});

test('what fails is thrown where it is asked for, and who leaves early closes it', async () => {
  const used: number[] = [];
  const use = async () => {
    for await (const item of ahead(counted([], 2))) used.push(item);
  };
  await expect(use()).rejects.toThrow('broken');
  expect(used).toEqual([0, 1]);
  const log: string[] = [];
  for await (const _ of ahead(counted(log))) break;
  expect(log).toEqual(['make 0', 'make 1', 'closed']);
});
