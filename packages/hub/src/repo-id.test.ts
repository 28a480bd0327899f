import { expect, test } from 'vitest';
import { problemOfRepoId } from './repo-id.ts';

test.each(['squad', 'org/data', 'a', 'org_1/data.v2-x', `o/${'x'.repeat(94)}`])('%s may be a repository', (id) => {
  expect(problemOfRepoId(id)).toBeNull();
});

test.each([
  ['a/b/c', 'more than one slash'],
  ['/data', 'lacks'],
  ['org/', 'lacks'],
  ['', 'lacks'],
  ['org/da ta', 'the character " "'],
  ['org/데이터', 'the character'],
  ['../etc', 'begins or ends with'],
  ['org/-data', 'begins or ends with'],
  ['org/data.', 'begins or ends with'],
  ['org/da--ta', '"--" or ".."'],
  ['org/da..ta', '"--" or ".."'],
  ['org/data.git', '".git"'],
  ['x'.repeat(97), '97 characters'],
])('%s may not: it %s', (id, why) => {
  expect(problemOfRepoId(id)).toContain(why);
});
