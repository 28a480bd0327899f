import { expect, test } from 'vitest';
import { addressesOf, isPrivate } from './private-address.ts';

test.each([
  ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
  ...['::1', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', '::'],
])('%s is private', (address) => expect(isPrivate(address)).toBe(true));

test.each(['93.184.216.34', '2606:2800:220:1::1', '::ffff:93.184.216.34'])('%s is not', (address) =>
  expect(isPrivate(address)).toBe(false),
);

test('an address is its own, also in brackets', async () => {
  expect(await addressesOf('[::1]')).toEqual(['::1']);
  expect(await addressesOf('127.0.0.1')).toEqual(['127.0.0.1']);
});
