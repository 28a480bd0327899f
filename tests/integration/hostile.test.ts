import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/paths.ts';
import { png, sha256, yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { keysOf, stateOf } from '../support/kill.ts';
import { type RawEntry, rawZip } from '../support/raw-zip.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let client: Client;
beforeAll(async () => {
  client = await granary.person();
});

const text = (name: string | Buffer, more: Partial<RawEntry> = {}): RawEntry => ({
  name,
  content: Buffer.from('hello'),
  ...more,
});

async function tarOf(
  entries: { name: string; type?: 'file' | 'symlink' | 'fifo' | 'link'; content?: string; linkname?: string }[],
): Promise<Buffer<ArrayBuffer>> {
  const tar = pack();
  for (const { name, type = 'file', content = '', linkname } of entries)
    tar.entry({ name, type, ...(linkname ? { linkname } : {}) }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A tar.gz of one file of zeros, of any size, without holding it. */
function zerosTarGz(sizeBytes: number): Buffer<ArrayBuffer> {
  const header = Buffer.alloc(512);
  header.write('zeros.txt');
  header.write('0000644\0', 100);
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const block = Buffer.alloc(8 * 1024 * 1024);
  // Gzip members may follow each other: the same packed block again and again.
  const packed = gzipSync(block);
  return Buffer.concat([gzipSync(header), ...Array(Math.ceil(sizeBytes / block.length)).fill(packed)]);
}

describe('an upload that cannot be taken fails, says why, and leaves nothing', () => {
  const cases: [string, () => Promise<Buffer<ArrayBuffer>> | Buffer<ArrayBuffer>, RegExp][] = [
    ['only-traversal.zip', () => rawZip([text('../x'), text('a/../../y')]), /\.\.\/x.*leads out/],
    ['only-absolute.zip', () => rawZip([text('/etc/passwd')]), /\/etc\/passwd.*absolute/],
    ['only-links.zip', () => rawZip([text('link', { mode: 0o120777 })]), /link.*symbolic/],
    ['encrypted.zip', () => rawZip([text('secret.txt', { flags: 1 })]), /secret\.txt.*encrypted/],
    ['bomb.zip', () => rawZip([{ name: 'zeros.bin', content: Buffer.alloc(256 * 1024 * 1024) }]), /zeros\.bin.*ratio/],
    ['bomb.tar.gz', () => zerosTarGz(4 * 1024 ** 3), /zeros\.txt.*ratio/],
    [
      'many-small-bombs.zip',
      () =>
        rawZip(Array.from({ length: 40 }, (_, i) => ({ name: `${i}.txt`, content: Buffer.alloc(4 * 1024 * 1024) }))),
      /ratio/,
    ],
    ['overlap.zip', () => rawZip([text('a.txt'), text('b.txt')], { overlap: true }), /overlap/],
    ['lying-count.zip', () => rawZip([text('a.txt'), text('b.txt')], { claimedCount: 1 }), /more entries than it says/],
    ['lying-size.zip', () => rawZip([text('a.txt', { uncompressedSize: 3 })]), /a\.txt.*corrupt/],
    ['wrong-crc.zip', () => rawZip([text('a.txt', { crc: 1 })]), /a\.txt.*CRC-32/],
    ['cut.zip', async () => (await zipOf(await yoloDataset(8))).subarray(0, 3000), /truncated/],
    [
      'cut.tar',
      async () => (await tarOf([{ name: 'a.txt', content: 'x'.repeat(5000) }])).subarray(0, 2000),
      /truncated/,
    ],
    [
      'cut.tar.gz',
      async () =>
        Buffer.from(
          gzipSync(await tarOf([{ name: 'a.txt', content: randomBytes(3000).toString('hex') }])).subarray(0, 900),
        ),
      /truncated/,
    ],
    ['text.zip', () => Buffer.from('this is no zip'), /text\.zip is not an archive: it is a text file/],
    ['empty.zip', () => Buffer.alloc(0), /empty/],
    ['text.tar.gz', () => Buffer.from(gzipSync('hello')), /without a tar/],
    [
      'only-specials.tar',
      () =>
        tarOf([
          { name: 'pipe', type: 'fifo' },
          { name: 'l', type: 'symlink', linkname: '/etc/passwd' },
        ]),
      /pipe.*FIFO/,
    ],
  ];

  test.each(cases)('%s', async (name, make, message) => {
    const id = await client.createDataset();
    const { job } = await client.importArchive(id, name, await make());
    expect(job).toMatchObject({ state: 'failed', error: { message: expect.stringMatching(message) } });
    expect(await client.dataset(id)).toMatchObject({
      status: 'failed',
      errorMessage: expect.stringMatching(message),
      numImages: 0,
      contentHash: null,
    });
    expect(await client.tree(id)).toEqual(new Map());
    expect(await keysOf(granary, `datasets/${id}/`)).toEqual([]);
    expect(await keysOf(granary, 'uploads/')).toEqual([]);
  });
});

test('a dataset with content is as it was after a failed import', async () => {
  const id = await client.createDataset();
  await client.importArchive(id, 'good.zip', await zipOf(await yoloDataset(6)));
  const before = await stateOf(granary, client, id);
  const files = await yoloDataset(700);
  const archive = await zipOf(files, { store: true });
  // The damage is behind several whole batches, which have been written by then.
  const at = archive.indexOf('images/val/000695.png') + 40;
  archive.writeUInt32LE(0xdeadbeef, at);
  const { job } = await client.importArchive(id, 'damaged.zip', archive);
  expect(job).toMatchObject({ state: 'failed', error: { code: 'archive_broken' } });
  expect(await stateOf(granary, client, id)).toEqual(before);
});

test('entries that cannot be taken are left out and named; the others go in', async () => {
  const sound = await png();
  const id = await client.createDataset();
  const { job, report } = await client.importArchive(
    id,
    'mixed.zip',
    rawZip([
      { name: 'pictures/a.png', content: sound },
      text('../outside.txt'),
      text('pictures/link.png', { mode: 0o120777 }),
      { name: 'pictures/a.png', content: Buffer.from('second of the same name') },
      text('.DS_Store'),
      text('meta.json'),
      text('pictures/a.png/inside.txt'),
      { name: 'pictures\\windows.png', content: sound },
      { name: 'pictures/cut.png', content: sound.subarray(0, -15) },
    ]),
  );
  expect(job.state).toBe('completed');
  // A description of somebody else's keeps its content under another name.
  expect([...(await client.tree(id)).keys()]).toEqual([
    'meta.own.json',
    'pictures/a.png',
    'pictures/cut.png',
    'pictures/windows.png',
  ]);
  expect((await client.content(id, 'pictures/a.png')).equals(sound)).toBe(true);
  const found = Object.fromEntries(
    report.report.issues.map((issue: { code: string; examples: { path: string }[] }) => [
      issue.code,
      issue.examples.map((example) => example.path),
    ]),
  );
  expect(found).toMatchObject({
    unsafe_path: ['../outside.txt'],
    not_a_file: ['pictures/link.png'],
    duplicate_entry: ['pictures/a.png'],
    skipped_junk: ['.DS_Store'],
    reserved_name: ['meta.json'],
    path_conflict: ['pictures/a.png/inside.txt'],
    image_truncated: ['pictures/cut.png'],
  });
  expect(await client.dataset(id)).toMatchObject({ numImages: 2 });
});

test('what could run in a browser is served so that it cannot', async () => {
  const id = await client.createDataset();
  await client.importArchive(id, 'active.zip', rawZip([text('a.svg'), text('b.html'), text('c.txt')]));
  for (const [path, type, shown] of [
    ['a.svg', 'application/octet-stream', 'attachment'],
    ['b.html', 'application/octet-stream', 'attachment'],
    ['c.txt', 'text/plain; charset=utf-8', 'inline'],
  ] as const) {
    const answer = await client.raw('GET', `/api/v1/datasets/${id}/files/content?path=${path}`);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('content-disposition')).toContain(shown);
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  }
});

const generator = join(root, '..', 'shared', 'gen_hostile_examples.py');
const examples = existsSync(generator) && spawnSync('python3', ['--version']).status === 0 ? makeExamples() : [];
if (examples.length === 0) console.log('Skipping the examples of hostile uploads: their generator is not here');

interface HostileExample {
  file: string;
  bytes: Buffer<ArrayBuffer>;
  must: 'reject' | 'accept' | 'neutralise';
  keep?: Record<string, string>;
  may?: string[];
  mention?: string[][];
  facts?: object;
}

function makeExamples(): HostileExample[] {
  const out = mkdtempSync(join(tmpdir(), 'granary-hostile-'));
  spawnSync('python3', [generator, out]);
  const table: HostileExample[] = JSON.parse(readFileSync(join(out, 'expected.json'), 'utf8'));
  return table.map((row) => ({ ...row, bytes: readFileSync(join(out, row.file)) }));
}

describe.skipIf(examples.length === 0)('examples of hostile uploads', () => {
  test.each(examples)('$file', async (example) => {
    const id = await client.createDataset();
    const { job, report } = await client.importArchive(id, example.file, example.bytes);
    if (example.must !== 'neutralise') expect(job.state).toBe(example.must === 'reject' ? 'failed' : 'completed');
    if (job.state === 'completed') {
      const tree = await client.tree(id);
      for (const path of example.may ?? []) tree.delete(path);
      expect(Object.fromEntries(tree)).toEqual(example.keep);
      expect(await client.dataset(id)).toMatchObject(example.facts ?? {});
    }
    const said = JSON.stringify([job.error, report.report]).toLowerCase();
    for (const words of example.mention ?? [])
      expect(
        words.some((word) => said.includes(word.toLowerCase())),
        words.join(),
      ).toBe(true);
    expect((await client.raw('GET', '/readyz')).status).toBe(200);
  });
});

test('content hashes are what sha256 says', async () => {
  const id = await client.createDataset();
  const bytes = Buffer.from('x');
  await client.importArchive(id, 'x.zip', rawZip([{ name: 'x', content: bytes }]));
  expect((await client.tree(id)).get('x')).toBe(sha256(bytes));
});

test('what kills the process that reads an upload fails that import, once, and neither the worker nor the next one', async () => {
  const workerPid = granary.worker.pid;
  const person = await granary.person();
  const id = await person.createDataset();
  const upload = await person.upload(id, 'a.zip', await zipOf(await yoloDataset(4)));
  let jobId = '';
  await granary.database.sql.begin(async (tx) => {
    // The import stands still for as long as it takes to kill its reader.
    await tx`lock table import_files`;
    ({ jobId } = await person.startImport(id, [upload]));
    const waits = () => granary.database.sql`
      select 1 from pg_stat_activity where application_name = 'granary-dataset' and wait_event_type = 'Lock' and datname = current_database()`;
    await until(waits, ({ length }) => length > 0);
    for (const pid of granary.worker.children) process.kill(pid, 'SIGSEGV');
  });
  expect(await person.waitForJob(jobId)).toMatchObject({
    state: 'failed',
    error: { code: 'reader_died', message: expect.stringContaining('SIGSEGV') },
  });
  const [job] = await granary.database.sql`select attempt from activities where id = ${jobId}`;
  expect(job).toEqual({ attempt: 1 });
  expect(granary.worker.pid).toBe(workerPid);
  expect((await person.importArchive(id, 'b.zip', await zipOf(await yoloDataset(4)))).job.state).toBe('completed');
});
