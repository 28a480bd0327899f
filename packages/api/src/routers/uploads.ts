import { requireDataset } from '@granary/core/access/policy';
import { pageOf } from '@granary/core/base/paging';
import { uploads } from '@granary/db';
import { and, desc, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const uploadView = z.object({
  id: z.string(),
  filename: z.string(),
  kind: z.enum(['archive', 'file', 'annotations']),
  sizeBytes: z.number().nullable(),
  offsetBytes: z.number(),
  state: z.enum(['uploading', 'finished', 'imported', 'expired']),
  expiresAt: z.iso.datetime(),
});

export const uploadsRouter = router({
  /** What is on its way into a dataset, or has arrived and waits for its import. */
  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/uploads',
        tags: ['Uploads'],
        protect: true,
        summary: 'Your uploads to a dataset that are not imported yet',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(pageOf(uploadView))
    .query(async ({ ctx, input }) => {
      await requireDataset(ctx.database, ctx.person, input.id, 'edit');
      const rows = await ctx.database.db
        .select()
        .from(uploads)
        .where(
          and(
            eq(uploads.datasetId, input.id),
            eq(uploads.userId, ctx.person.id),
            inArray(uploads.state, ['uploading', 'finished']),
          ),
        )
        .orderBy(desc(uploads.createdAt))
        .limit(100);
      const items = rows.map(({ id, filename, kind, sizeBytes, offsetBytes, state, expiresAt }) => ({
        id,
        filename,
        kind,
        sizeBytes,
        offsetBytes,
        state,
        expiresAt: expiresAt.toISOString(),
      }));
      return { items, nextCursor: null };
    }),
});
