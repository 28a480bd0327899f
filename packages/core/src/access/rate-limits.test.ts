import { expect, test } from 'vitest';
import { networkOf } from './rate-limits.ts';

test('an address of IPv4 counts by itself, however it is written', () => {
  expect(networkOf('203.0.113.7')).toBe('203.0.113.7');
  expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
});

test('addresses of IPv6 count by the network that one customer has', () => {
  expect(networkOf('2001:db8:1:2::1')).toBe('2001:db8:1:2::/64');
  expect(networkOf('2001:0db8:0001:0002:aaaa:bbbb:cccc:dddd')).toBe('2001:db8:1:2::/64');
  expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
});

test('who has no address counts together with everyone who has none', () => {
  expect(networkOf(null)).toBe('unknown');
  expect(networkOf('unix:')).toBe('unknown');
});
