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
      examples: [
        expect.objectContaining({ path: 'labels/a.txt', line: 1, detail: expect.stringContaining('4294967296') }),
      ],
    }),
  );
});

const coco = (info: string, className: string) => `{"info":${info},"images":[{"id":1,"file_name":"a.png"}],
  "categories":[{"id":1,"name":"${className}"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,5,5]}]}`;

async function importCoco(text: string) {
  const client = await granary.person();
  const id = await client.createDataset();
  const files = new Map<string, Uint8Array>([
    ['a.png', await png()],
    ['instances.json', Buffer.from(text)],
  ]);
  const { job, report } = await client.importArchive(id, 'coco.zip', await zipOf(files));
  const [{ attempt } = { attempt: 0 }] = await granary.database.sql<{ attempt: number }[]>`
    select attempt from activities where id = ${job.id}`;
  return { job, attempt, issues: report.report?.issues, dataset: await client.dataset(id) };
}

test('what is nested 5,000 levels deep is a finding, and the rest is imported', async () => {
  const { attempt, issues, dataset } = await importCoco(coco(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 'cat'));
  expect(attempt).toBe(1);
  expect(dataset).toMatchObject({ status: 'ready', numAnnotations: 1 });
  expect(issues).toContainEqual(
    expect.objectContaining({ code: 'not_lossless', examples: [expect.objectContaining({ path: 'instances.json' })] }),
  );
});

test.each([
  ['a value', '22003', { code: 'data_refused', message: expect.stringContaining('it is out of range') }],
  [
    'a row by a constraint',
    '23514',
    { code: 'internal', message: expect.stringMatching(/the id of the job: [0-9a-f-]{36}/) },
  ],
])('an import of which PostgreSQL refuses %s ends at the first attempt', async (_, code, error) => {
  const { sql } = granary.database;
  await sql.unsafe(`create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'it is out of range' using errcode = '${code}'; end $$;
    create trigger refuse before insert on annotations execute function refuse()`);
  try {
    const { job, attempt, dataset } = await importCoco(coco('{}', 'cat'));
    expect({ attempt, job }).toMatchObject({ attempt: 1, job: { state: 'failed', error } });
    expect(dataset).toMatchObject({ status: 'failed', numImages: 0 });
  } finally {
    await sql.unsafe('drop function refuse cascade');
  }
});
