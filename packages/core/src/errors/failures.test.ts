import { expect, test } from 'vitest';
import { knownError } from './app-error.ts';
import { failureOf, willRepeat } from './failures.ts';

const ofPostgres = (code: string) => Object.assign(new Error('value "4294967296" is out of range'), { code });

test.each(['22003', '22P05', '54001'])(
  'what PostgreSQL refuses of the data (%s) ends a job with what it says',
  (code) => {
    expect(failureOf(ofPostgres(code))).toMatchObject({
      errorCode: 'data_refused',
      message: expect.stringContaining('4294967296'),
    });
  },
);

test('data that is nested too deeply ends a job', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  let thrown: unknown;
  try {
    JSON.stringify(deep);
  } catch (error) {
    thrown = error;
  }
  expect(failureOf(thrown)).toMatchObject({ errorCode: 'data_refused' });
});

test.each([
  ['40P01', false],
  ['57P01', false],
  ['23505', false],
  ['23503', false],
  ['23514', true],
])('another failure of PostgreSQL (%s) is none of the data; it comes again: %s', (code, comesAgain) => {
  expect(failureOf(ofPostgres(code))).toBeNull();
  expect(willRepeat(ofPostgres(code))).toBe(comesAgain);
});

test('an internal error tells an id, which the log of it has', () => {
  const cause = new Error('the cause');
  const thrown = new Error('a query failed', { cause });
  const { message } = knownError(thrown);
  expect(message).toContain(knownError(new Error('as tRPC wraps it', { cause: thrown })).message.split(' id is ')[1]);
  expect(JSON.stringify({ ...cause })).toContain(/id is (.*)\.$/.exec(message)?.[1]);
});
