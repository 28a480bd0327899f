import { expect, test } from 'vitest';
import { revision } from './schemas.ts';

test.each(['main', 'v1.2', 'refs/convert/parquet', 'refs/pr/7', 'a'.repeat(40)])('%s is a revision', (name) => {
  expect(revision.parse(name)).toBe(name);
});

test.each(['../../../x', 'a/../b', '/main', 'main/', '.hidden', 'a//b', 'a/.b', 'x.lock', 'a b', 'a\\b'])(
  '%s is none',
  (name) => {
    expect(revision.safeParse(name).success).toBe(false);
  },
);
