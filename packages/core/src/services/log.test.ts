import { DrizzleQueryError } from 'drizzle-orm';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { loggedError } from './log.ts';

test('a query that failed is logged without its values, however deep it lies', () => {
  const lines: string[] = [];
  const log = pino({ serializers: { err: loggedError } }, { write: (line: string) => void lines.push(line) });
  const query = new DrizzleQueryError(
    'insert into users (email) values ($1)',
    ['mina@example.org', 'hunter2\nparams: x'],
    new Error('duplicate key'),
  );
  log.error({ err: query }, 'failed');
  log.error({ err: new Error('outer', { cause: query }) }, 'failed');
  for (const line of lines) {
    expect(line).toContain('insert into users');
    expect(line).toContain('duplicate key');
    expect(line).not.toMatch(/hunter2|mina@example/);
  }
});
