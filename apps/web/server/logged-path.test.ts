import { expect, test } from 'vitest';
import { loggedPath } from './logged-path.ts';

const token = 'q7-0mYJx3_ZC4r2Yw1fTgH5kLpQsVbN8aEuIoXcD9Rt';

test.each([
  ['/reset/a-token?next=/x', '/reset/…'],
  ['/confirm/a-token', '/confirm/…'],
  ['/s/a-token/more', '/s/…/more'],
  ['/%73/a-token', '/s/…'],
  ['/api/v1/invitations/a-token/accept', '/api/v1/invitations/…/accept'],
  [`/nowhere/${token}`, '/nowhere/…'],
  [`/nowhere/x${token}y`, '/nowhere/…'],
  ['/datasets/0c9a6d1e-7c3f-4b1a-9f55-2d1f6a1b3c4d/images', '/datasets/0c9a6d1e-7c3f-4b1a-9f55-2d1f6a1b3c4d/images'],
  [`/files/${'ab'.repeat(32)}`, `/files/${'ab'.repeat(32)}`],
  ['/broken/%E0%A4', '/broken/%E0%A4'],
])('%s is logged as %s', (url, logged) => {
  expect(loggedPath(url)).toBe(logged);
});
