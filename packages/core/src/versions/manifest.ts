import { Readable } from 'node:stream';
import { keys } from '@granary/storage';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Reader } from '../base/person.ts';
import { resolveRef, versionInput } from '../revisions/refs.ts';

export const MANIFEST_FORMATS = ['ndjson', 'sha256sum', 'urls'] as const;

export const manifestInput = z.object({
  ...versionInput,
  format: z.enum(MANIFEST_FORMATS).default('ndjson'),
  split: z.string().max(100).optional(),
});

const PAGE = 5000;
/** A URL of the store is good for as long as a large download takes. */
const URL_SECONDS = 12 * 3600;

interface ManifestRow {
  path: string;
  size: number;
  sha256: string;
  split: string | null;
  storage_key: string;
}

/**
 * The files of a version in the order of the bytes of their paths, one line each, as a stream that holds a page of them: JSON
 * (`path, size, sha256, split, url`), what `sha256sum -c` takes, or URLs. The draft is what it is at the start.
 *
 * @throws AppError `not_found`
 */
export async function manifestOf(
  ctx: Permitted<'see', Reader>,
  { version = 'draft', format, split }: z.infer<typeof manifestInput>,
): Promise<{ contentType: string; etag: string; body: Readable }> {
  const { database, dataset } = ctx;
  const resolved = await resolveRef(database, dataset.id, version);
  const revision = resolved.at ?? dataset.revision;
  return {
    contentType: format === 'ndjson' ? 'application/x-ndjson' : 'text/plain; charset=utf-8',
    etag: `"r${revision}-${format}${split === undefined ? '' : `-${encodeURIComponent(split)}`}"`,
    body: Readable.from(linesOf(ctx, revision, { format, split }), { objectMode: false, highWaterMark: 1 }),
  };
}

async function* linesOf(
  ctx: Permitted<'see', Reader>,
  revision: number,
  { format, split }: { format: (typeof MANIFEST_FORMATS)[number]; split: string | undefined },
): AsyncGenerator<string> {
  const { sql } = ctx.database;
  for (let after = ''; ; ) {
    const rows = await sql<ManifestRow[]>`
      select path, size::float8 as size, sha256, split, storage_key from dataset_files
      where dataset_id = ${ctx.dataset.id} and added_in <= ${revision} and (removed_in is null or removed_in > ${revision}) and path > ${after}
        ${split === undefined ? sql`` : sql`and split = ${split}`}
      order by path limit ${PAGE}`;
    const lines = await Promise.all(
      rows.map(async ({ path, size, sha256, split, ...row }) => {
        if (format === 'sha256sum') return `${sha256}  ${path}\n`;
        const url = await urlOf(ctx, revision, path, row.storage_key);
        return format === 'urls' ? `${url}\n` : `${JSON.stringify({ path, size, sha256, split, url })}\n`;
      }),
    );
    if (lines.length > 0) yield lines.join('');
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.path ?? '';
  }
}

/** Where a file's content is: in the store for anyone who has the URL, or here for who may see the dataset. */
async function urlOf(
  { store, origin, dataset }: Permitted<'see', Reader>,
  revision: number,
  path: string,
  storageKey: string,
): Promise<string> {
  const isInTree = storageKey === keys.file(dataset.id, path);
  const signed =
    isInTree || storageKey.startsWith('history/')
      ? await store.signedUrl(storageKey, { expiresInSeconds: URL_SECONDS })
      : null;
  if (signed) return signed;
  const query = new URLSearchParams({ path, version: `r${revision}` });
  return `${origin}/api/v1/datasets/${encodeURIComponent(dataset.id)}/files/content?${query}`;
}
