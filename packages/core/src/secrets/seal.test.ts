import { expect, test } from 'vitest';
import { hubSettings, seal, unseal } from './seal.ts';

const settings = hubSettings.parse({ GRANARY_SECRET_KEY: 'ab'.repeat(32) });

test('a secret opens with its key, for what it was sealed for, and whole', () => {
  const sealed = seal(settings, 'hf_secret', 'import 1');
  expect(sealed).not.toContain('hf_secret');
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('hf_secret');
  expect(seal(settings, 'hf_secret', 'import 1')).not.toBe(sealed);
  expect(unseal(settings, sealed, 'import 1')).toBe('hf_secret');
  expect(() => unseal(settings, sealed, 'import 2')).toThrow();
  const other = hubSettings.parse({ GRANARY_SECRET_KEY: 'cd'.repeat(32) });
  expect(() => unseal(other, sealed, 'import 1')).toThrow();
  const bytes = Buffer.from(sealed, 'base64');
  bytes[14] = (bytes[14] ?? 0) ^ 1;
  expect(() => unseal(settings, bytes.toString('base64'), 'import 1')).toThrow();
});

test('without a key nothing is sealed, and what is no key is refused', () => {
  expect(() => seal(hubSettings.parse({}), 'hf_secret', 'import 1')).toThrow('no key');
  expect(hubSettings.safeParse({ GRANARY_SECRET_KEY: 'short' }).success).toBe(false);
});
