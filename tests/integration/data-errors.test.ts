import { expect, test } from 'vitest';
import { png, zipOf } from '../support/archives.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();

test('a class number that no dataset has is a finding, and the import ends', async () => {
  const client = await granary.person();
  const id = await client.createDataset();
  const files = new Map<string, Uint8Array>([
    ['data.yaml', Buffer.from('train: images\nnames: [ant, bee]\n')],
    ['images/a.png', await png()],
    ['labels/a.txt', Buffer.from('4294967296 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.25 0.5\n')],
  ]);
  const { job, report } = await client.importArchive(id, 'yolo.zip', await zipOf(files));
  expect(job).toMatchObject({ state: 'completed' });
  expect(await client.dataset(id)).toMatchObject({ status: 'ready', numAnnotations: 1 });
  expect(report.report.issues).toContainEqual(
    expect.objectContaining({
      code: 'bad_label_line',
      count: 1,
      examples: [expect.objectContaining({ path: 'labels/a.txt', line: 1, detail: expect.stringContaining('4294967296') })],
    }),
  );
});
