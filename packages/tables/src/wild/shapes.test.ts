import { afterAll, expect, test, vi } from 'vitest';
import { wildCases } from '../../fixtures/wild.ts';
import { wildFiles } from '../../fixtures/wild-files.ts';
import { ImportedFiles } from '../imported-files.ts';

vi.setConfig({ testTimeout: 120_000 });

const files = new ImportedFiles();
afterAll(() => files.stop());

/** What is decided about several files together is a matter of an import: see `npm run soak wild`. */
const ofFiles = wildCases.filter(({ isOfDataset }) => !isOfDataset);

test.each(ofFiles)('$name', async ({ name, splits = {}, types, failure, unreadable, finds = [], refuses = [] }) => {
  const importing = files.import(await wildFiles(name));
  if (failure) return expect(importing).rejects.toThrow(failure);
  const split = await importing;
  const [rows = []] = Object.values(splits);
  if ('count' in rows) {
    expect(split.numRows).toBe(rows.count);
    for (const [index, row] of Object.entries(rows.at)) expect(await split.rows(Number(index), 1)).toEqual([row]);
  } else expect(await split.rows()).toEqual(rows);
  if (unreadable) await expect(split.rows()).rejects.toThrow(unreadable);
  if (types) expect(await split.types()).toEqual(types);
  for (const [query, found] of finds) expect([query, await split.find(query)]).toEqual([query, found]);
  for (const [query, message] of refuses) await expect(split.find(query)).rejects.toThrow(message);
});
