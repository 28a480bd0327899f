import { expect, test } from 'vitest';
import { isOfFixedVersion } from './fixed-version.ts';

const isFixed = (path: string) => isOfFixedVersion(new URL(path, 'http://any'));

test('what names a version or a revision is fixed, the draft is not', () => {
  for (const path of [
    '/datasets/d/files?version=v1',
    '/datasets/d/images?limit=5&version=prod',
    '/datasets/d/images/7?version=r3',
    '/datasets/d/diff?from=v1&to=r2',
  ])
    expect(isFixed(path), path).toBe(true);
  for (const path of [
    '/datasets/d/files',
    '/datasets/d/files?version=draft',
    '/datasets/d/files?version=main',
    '/datasets/d/diff?from=v1&to=draft',
    '/datasets/d/diff?from=v1',
    '/datasets?version=v1',
  ])
    expect(isFixed(path), path).toBe(false);
});
