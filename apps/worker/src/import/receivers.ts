import { type Archive, openUpload, type UploadedFile } from '@granary/archives';
import { JobFailure } from '@granary/core/errors/failures';
import type { ImportRequest, RequestOf } from '@granary/core/imports/kinds';
import type { ImportKind } from '@granary/db';
import type { ApartContext } from '../context.ts';
import { receiveHub } from '../hub/receive.ts';
import type { DatasetSession } from '../session.ts';
import type { ShardWriting } from '../tables/shards.ts';
import { tokenize } from '../tokenization/tokenize.ts';
import { type Receiving, receiveUpload } from './receive.ts';
import { stageRevert } from './returned.ts';
import { adoptedArchive } from './stored.ts';

/** What receiving needs, whatever the kind. */
export interface Reception {
  context: ApartContext;
  receiving: Receiving;
  writing: ShardWriting;
  row: { resume_at: { upload: number; entry: number }; upload_ids: string[] };
  /** Edits that are published. */
  publication?: Archive | null;
}

/** How what each kind of import brings is staged. @returns how many images were staged */
const RECEIVERS: { [Kind in ImportKind]: (reception: Reception, request: RequestOf<Kind>) => Promise<number> } = {
  import: receiveUploads,
  repair: receiveNothing,
  remove: receiveNothing,
  undo: ({ receiving: { session, importId } }) => stageRevert(session, importId),
  rollback: ({ receiving: { session, importId } }) => stageRevert(session, importId),
  // Copied before; see forks/.
  fork: receiveNothing,
  merge: ({ receiving: { session, importId } }) => countImages(session, importId),
  publish: receivePublication,
  adopt: (reception, { paths }) => receiveStored(reception, adoptedArchive(reception.receiving, paths)),
  async download({ context, writing }, { hub }) {
    await receiveHub(context, writing, hub);
    return 0;
  },
  async tokenize({ context, writing }, { tokenize: asked }) {
    await tokenize(context, writing, asked);
    return 0;
  },
};

/** Stages what the import brings. @returns how many images were staged */
export function receive<Kind extends ImportKind>(
  reception: Reception,
  request: ImportRequest & RequestOf<Kind>,
): Promise<number> {
  return RECEIVERS[request.kind as Kind](reception, request);
}

async function receiveNothing(): Promise<number> {
  return 0;
}

/** Entries of the uploads. */
async function receiveUploads({ context: { env, store }, receiving, row }: Reception): Promise<number> {
  const { session, run, importId } = receiving;
  const uploads = await findUploads(session, row.upload_ids);
  const limits = {
    maxEntries: env.GRANARY_MAX_ENTRIES,
    maxBytes: env.GRANARY_MAX_IMPORT_BYTES,
    maxRatio: env.GRANARY_MAX_RATIO,
  };
  const totalBytes = uploads.reduce((sum, upload) => sum + upload.sizeBytes, 0) || 1;
  let doneBytes = 0;
  for (const [index, upload] of uploads.entries()) {
    if (index >= row.resume_at.upload) {
      const from = index === row.resume_at.upload ? row.resume_at.entry : 0;
      const archive = await openUpload(store, upload, limits);
      const report = () => {
        const share = (doneBytes + archive.position() * upload.sizeBytes) / totalBytes;
        run.progress(80 * share, 'unpacking', upload.filename);
      };
      const ticking = setInterval(report, 500);
      try {
        await receiveUpload(receiving, archive, index, from);
      } finally {
        clearInterval(ticking);
      }
    }
    doneBytes += upload.sizeBytes;
  }
  return assertSomething(session, importId, uploads);
}

/** Label files that are made of edits. */
async function receivePublication({ receiving, publication }: Reception): Promise<number> {
  const { session, importId, run } = receiving;
  if (!publication) return 0;
  run.progress(10, 'writing_labels');
  await receiveUpload(receiving, publication, 0, 0);
  return countImages(session, importId);
}

/** Files that lie in the store already. */
async function receiveStored({ receiving, row }: Reception, archive: Archive): Promise<number> {
  const { session, importId, run } = receiving;
  run.progress(0, 'restoring');
  await receiveUpload(receiving, archive, 0, row.resume_at.entry);
  return countImages(session, importId);
}

async function countImages({ sql }: DatasetSession, importId: string): Promise<number> {
  const [counts] = await sql<{ images: number }[]>`
    select (count(*) filter (where kind = 'image'))::float8 as images from import_files where import_id = ${importId}`;
  return counts?.images ?? 0;
}

async function findUploads({ sql }: DatasetSession, ids: readonly string[]): Promise<UploadedFile[]> {
  const rows = await sql<UploadedFile[]>`
    select id, filename, relative_path as "relativePath", kind, size::float8 as "sizeBytes" from uploads
    where id = any(${ids}) and state = 'finished'`;
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const upload = byId.get(id);
    if (!upload) throw new JobFailure('upload_gone', 'An upload of this import has expired. Upload the files again.');
    return upload;
  });
}

/** An upload of which nothing could be used is a failure, not an empty success. */
async function assertSomething(
  { sql }: DatasetSession,
  importId: string,
  uploads: readonly UploadedFile[],
): Promise<number> {
  const [counts] = await sql<{ files: number; images: number }[]>`
    select count(*)::float8 as files, (count(*) filter (where kind = 'image'))::float8 as images from import_files where import_id = ${importId}`;
  if (counts && counts.files > 0) return counts.images;
  const issues = await sql<{ path: string; detail: string }[]>`
    select path, detail from import_issues where import_id = ${importId} and code <> 'kept_existing' order by upload, entry limit 3`;
  const [had] = await sql`select 1 from import_objects where import_id = ${importId}
    union all select 1 from import_issues where import_id = ${importId} and code = 'kept_existing' limit 1`;
  // Everything was there already, and was to stay.
  if (issues.length === 0 && had) return 0;
  const names = uploads.map((upload) => upload.filename).join(', ');
  const reasons = issues.map(({ path, detail }) => `${path} (${detail})`).join('; ');
  throw new JobFailure(
    'nothing_to_import',
    reasons ? `Nothing in ${names} can be imported: ${reasons}.` : `There are no files in ${names}.`,
  );
}
