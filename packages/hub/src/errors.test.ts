import { describe, expect, test } from 'vitest';
import { errorOf } from './errors.ts';

const about = { repoId: 'org/data', page: 'https://hub/datasets/org/data', hasToken: false };
const answered = (status: number, headers: Record<string, string> = {}) => ({ status, headers: new Headers(headers) });

test.each([
  [401, { 'X-Error-Code': 'RepoNotFound' }, false, 'hub_not_found', 'enter an access token'],
  [401, { 'X-Error-Code': 'RepoNotFound' }, true, 'hub_not_found', 'account of this token cannot see it'],
  [401, {}, false, 'hub_not_found', 'There is no dataset org/data'],
  [404, {}, false, 'hub_not_found', 'org/data'],
  [401, {}, true, 'hub_token_invalid', 'does not know this access token'],
  [
    401,
    { 'X-Error-Message': 'Invalid credentials in Authorization header', 'X-Error-Code': 'X' },
    true,
    'hub_token_invalid',
    'token',
  ],
  [403, { 'X-Error-Code': 'GatedRepo' }, false, 'hub_gated', 'ask for access at https://hub/datasets/org/data'],
  [401, { 'X-Error-Code': 'GatedRepo' }, true, 'hub_gated', 'was not given access'],
  [404, { 'X-Error-Code': 'RevisionNotFound' }, false, 'hub_revision_unknown', 'no such revision'],
  [404, { 'X-Error-Code': 'EntryNotFound', 'X-Error-Message': 'a.csv' }, false, 'hub_file_missing', 'a.csv'],
  [403, { 'X-Error-Code': 'DisabledRepo' }, false, 'hub_disabled', 'was disabled'],
  [403, { 'X-Error-Message': 'Access to this resource is disabled.' }, false, 'hub_disabled', 'was disabled'],
  [403, { 'X-Error-Message': 'no read scope' }, true, 'hub_token_invalid', 'no read scope'],
  [418, {}, false, 'hub_unreachable', 'answered 418'],
])('%i with %o, by token %s: %s', (status, headers, hasToken, code, words) => {
  const error = errorOf(answered(status, headers), { ...about, hasToken });
  expect(error).toMatchObject({ code, isPassing: false, retryAfterSeconds: null });
  expect(error.message).toContain(words);
});

describe('what passes', () => {
  test.each([500, 502, 503, 408])('%i may be asked again', (status) => {
    expect(errorOf(answered(status), about)).toMatchObject({ code: 'hub_unreachable', isPassing: true });
  });

  test('too many requests, after the time that the Hub asks for: seconds, or a date', () => {
    expect(errorOf(answered(429, { 'Retry-After': '17' }), about)).toMatchObject({
      code: 'hub_rate_limited',
      isPassing: true,
      retryAfterSeconds: 17,
    });
    const at = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterSeconds } = errorOf(answered(429, { 'Retry-After': at }), about);
    expect(retryAfterSeconds).toBeGreaterThan(55);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
    const past = new Date(Date.now() - 60_000).toUTCString();
    expect(errorOf(answered(503, { 'Retry-After': past }), about).retryAfterSeconds).toBe(0);
    expect(errorOf(answered(503, { 'Retry-After': 'soon' }), about).retryAfterSeconds).toBeNull();
  });
});
