import { expect, test } from 'vitest';
import { footerOf } from './footer.ts';
import { parquetOf } from './imported-files.ts';

const footerIn = (bytes: Buffer, sizeBytes = bytes.length) =>
  footerOf(sizeBytes, async (start, length) => {
    const from = start - (sizeBytes - bytes.length);
    return bytes.subarray(from, from + length);
  });

test('a footer is read by its end', async () => {
  expect((await footerIn(await parquetOf('select i from range(7) r(i)'))).num_rows).toBe(7n);
});

test('one that is too large for memory is refused before it is read', async () => {
  const end = Buffer.from([0, 0, 0, 0x10, ...Buffer.from('PAR1')]);
  await expect(footerIn(end, 2 ** 30)).rejects.toThrow('its footer has 256 MB, and can have at most 100');
});
