import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { TestGranary } from './granary.ts';

const ROWS = 1000;

/** A file to be: its path, and how long its content is, which is random. */
export interface Sized {
  path: string;
  bytes: number;
}

/** Makes a dataset's tree of files straight in the store and the database, as revision 1: an import would take long. */
export async function storeFiles(
  { database: { sql }, store }: TestGranary,
  datasetId: string,
  files: readonly Sized[],
): Promise<void> {
  const block = randomBytes(1024 * 1024);
  for (let from = 0; from < files.length; from += ROWS) {
    const rows = [];
    for (const { path, bytes } of files.slice(from, from + ROWS)) {
      const hash = createHash('sha256');
      const head = Buffer.from(path.padEnd(64, ' '));
      function* content() {
        for (let done = 0; done < bytes; ) {
          const chunk = done === 0 ? head.subarray(0, bytes) : block.subarray(0, bytes - done);
          hash.update(chunk);
          done += chunk.length;
          yield chunk;
        }
      }
      const key = `datasets/${datasetId}/${path}`;
      await store.put(key, Readable.from(content(), { objectMode: false }), { expectedBytes: bytes });
      const kind = path.endsWith('.jpg') ? 'image' : 'other';
      rows.push({ path, size: bytes, sha256: hash.digest('hex'), kind, storage_key: key });
    }
    await sql`insert into dataset_files (dataset_id, path, size, sha256, mime, kind, split, storage_key, added_in)
      select ${datasetId}, path, size, sha256, 'application/octet-stream', kind, case when kind = 'image' then 'train' end, storage_key, 1
      from jsonb_to_recordset(${sql.json(rows)}) as r(path text, size bigint, sha256 text, kind text, storage_key text)`;
  }
  const totals = { numFiles: files.length, sizeBytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  const numImages = files.filter(({ path }) => path.endsWith('.jpg')).length;
  const reading = { repairs: [], classMap: {}, overrides: [], csv: null };
  const nothing = { taskType: null, numAnnotations: 0, numClasses: 0, numSamples: 0, classNames: [], labeled: false };
  const state = {
    ...totals,
    ...nothing,
    numImages,
    format: 'images',
    splits: { train: numImages },
    statistics: null,
    reading,
  };
  const none = { added: 0, removed: 0, changed: 0 };
  await sql`insert into dataset_revisions (dataset_id, revision, kind, counts, content_hash, state)
    values (${datasetId}, 1, 'import', ${sql.json({ files: none, annotations: none, classes: none })}, 'none', ${sql.json(state)})`;
  await sql`update datasets set revision = 1, status = 'ready', format = 'images', num_files = ${totals.numFiles}, num_images = ${numImages},
    size_bytes = ${totals.sizeBytes}, splits = ${sql.json(state.splits)} where id = ${datasetId}`;
  await sql`analyze dataset_files`;
}
