import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { connect } from '@granary/db';
import { cloneTemplate } from '@granary/db/testing';
import { keys, openStore, storeSettings } from '@granary/storage';
import { expect, inject, test } from 'vitest';
import { adoptedArchive } from '../../apps/worker/src/import/stored.ts';

test('what is to be adopted is found behind any number of paths that are gone', async () => {
  const { url, drop } = await cloneTemplate(inject('serverUrl'));
  const folder = mkdtempSync(`${tmpdir()}/granary-stored-`);
  const database = connect(url, { max: 2 });
  const store = openStore(storeSettings.parse({ GRANARY_DATA_DIR: folder }));
  const session = { sql: database.sql, isHeld: async () => true, close: async () => {} };
  try {
    const datasetId = 'one';
    await store.put(keys.file(datasetId, 'z.txt'), Buffer.from('there'));
    const gone = Array.from({ length: 2_500 }, (_, i) => `gone/${i}.txt`);
    const archive = adoptedArchive({ session, store, datasetId }, ['z.txt', ...gone]);
    const names: string[] = [];
    for await (const { name } of archive.entries(0)) names.push(name);
    expect(names).toEqual(['z.txt']);
  } finally {
    await database.close();
    await drop();
    rmSync(folder, { recursive: true, force: true });
  }
});
