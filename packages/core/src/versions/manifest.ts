import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { datasetFiles } from '@granary/db';
import { keys } from '@granary/storage';
import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Reader } from '../base/person.ts';
import { conditionOf } from '../queries/condition.ts';
import { queryInput, readQuery } from '../queries/input.ts';
import { isAt } from '../revisions/at.ts';
import { resolveRef, versionInput } from '../revisions/refs.ts';

export const MANIFEST_FORMATS = ['ndjson', 'sha256sum', 'urls'] as const;

export const manifestInput = z.object({
  ...versionInput,
  format: z.enum(MANIFEST_FORMATS).default('ndjson'),
  split: z.string().max(100).optional(),
  ...queryInput,
});

const PAGE = 5000;
/** A URL of the store is good for as long as a large download takes. */
const URL_SECONDS = 12 * 3600;

/**
 * The files of a version in the order of the bytes of their paths, one line each, as a stream that holds a page of them: JSON
 * (`path, size, sha256, split, url`), what `sha256sum -c` takes, or URLs. The draft is what it is at the start. With a query,
 * its images only.
 *
 * @throws AppError `not_found`, `invalid_input`
 */
export async function manifestOf(
  ctx: Permitted<'see', Reader>,
  { version = 'draft', format, split, q }: z.infer<typeof manifestInput>,
): Promise<{ contentType: string; etag: string; body: Readable }> {
  const { database, dataset } = ctx;
  const resolved = await resolveRef(database, dataset.id, version);
  const revision = resolved.at ?? dataset.revision;
  const query = readQuery(q);
  const which = [
    split === undefined ? undefined : eq(datasetFiles.split, split),
    query
      ? and(eq(datasetFiles.kind, 'image'), conditionOf(query, { datasetId: dataset.id, at: revision }))
      : undefined,
  ];
  const asked = createHash('sha256')
    .update(JSON.stringify([format, split, q]))
    .digest('base64url')
    .slice(0, 12);
  return {
    contentType: format === 'ndjson' ? 'application/x-ndjson' : 'text/plain; charset=utf-8',
    etag: `"r${revision}-${asked}"`,
    body: Readable.from(linesOf(ctx, revision, format, and(...which)), { objectMode: false, highWaterMark: 1 }),
  };
}

async function* linesOf(
  ctx: Permitted<'see', Reader>,
  revision: number,
  format: (typeof MANIFEST_FORMATS)[number],
  which: SQL | undefined,
): AsyncGenerator<string> {
  const { path, sizeBytes, sha256, split, storageKey } = datasetFiles;
  for (let after = ''; ; ) {
    const rows = await ctx.database.db
      .select({ path, size: sizeBytes, sha256, split, storageKey })
      .from(datasetFiles)
      .where(and(eq(datasetFiles.datasetId, ctx.dataset.id), isAt(datasetFiles, revision), gt(path, after), which))
      .orderBy(asc(path))
      .limit(PAGE);
    const lines = await Promise.all(
      rows.map(async ({ path, size, sha256, split, storageKey }) => {
        if (format === 'sha256sum') return `${sha256}  ${path}\n`;
        const url = await urlOf(ctx, revision, path, storageKey);
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
