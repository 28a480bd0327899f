import { expect, test } from 'vitest';
import { isMendable, isResumable } from './failure.ts';

test.each([
  ['hub_unreachable', true, false],
  ['hub_rate_limited', true, false],
  ['hub_gated', true, false],
  ['disk_full', true, false],
  ['quota_exceeded', true, false],
  ['worker_died', true, true],
  ['internal', true, true],
  ['path_taken', false, true],
  ['format_not_readable', false, true],
  ['cancelled', false, true],
  ['archive_broken', false, false],
  ['compression_bomb', false, false],
  ['hub_not_found', false, false],
])('after %s a download is kept: %s, uploads are kept: %s', (code, download, uploads) => {
  expect([isResumable(code), isMendable(code)]).toEqual([download, uploads]);
});
