import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { datasetFiles } from '@granary/db';
import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Reader } from '../base/person.ts';
import { contentUrl } from '../files/address.ts';
import { conditionOf } from '../queries/condition.ts';
import { queryInput, readQuery } from '../queries/input.ts';
import { isAt } from '../revisions/at.ts';
import { handedOut } from '../revisions/handed-out.ts';
import { versionInput } from '../revisions/refs.ts';

export const MANIFEST_FORMATS = ['ndjson', 'sha256sum', 'urls'] as const;

export const manifestInput = z.object({
  ...versionInput,
  format: z.enum(MANIFEST_FORMATS).default('ndjson'),
  split: z.string().max(100).optional(),
  ...queryInput,
});

const PAGE = 5000;

/**
 * The files of a version in the order of the bytes of their paths, one line each, as a stream that holds a page of them: JSON
 * (`path, size, sha256, split, url`), what `sha256sum -c` takes, or URLs. The draft is what it is at the start. With a query,
 * its images only.
 *
 * @throws AppError `not_found`, `invalid_input`
 */
export async function manifestOf(
  ctx: Permitted<'see', Reader>,
  { version, format, split, q }: z.infer<typeof manifestInput>,
): Promise<{ contentType: string; etag: string; body: Readable }> {
  const { dataset } = ctx;
  const { revision } = await handedOut(ctx, dataset, version);
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
        const url = await contentUrl(ctx, revision, path, storageKey);
        return format === 'urls' ? `${url}\n` : `${JSON.stringify({ path, size, sha256, split, url })}\n`;
      }),
    );
    if (lines.length > 0) yield lines.join('');
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.path ?? '';
  }
}
