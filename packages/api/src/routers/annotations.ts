import { annotationLosses } from '@granary/core/annotations/download';
import { listPalette } from '@granary/core/annotations/palette';
import { paletteClass } from '@granary/core/annotations/schemas';
import { versionInput } from '@granary/core/revisions/refs';
import { FORMATS } from '@granary/formats';
import { z } from 'zod';
import { datasetReadingProcedure, router } from '../trpc.ts';

export const annotationsRouter = router({
  palette: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/palette',
        tags: ['Annotations'],
        summary: 'The classes to annotate with: those of the draft, and those that edits bring',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ items: z.array(paletteClass) }))
    .query(async ({ ctx }) => ({ items: await listPalette(ctx) })),

  losses: datasetReadingProcedure
    .meta({
      isOfVersion: true,
      errors: ['nothing_labeled'],
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/annotations/losses',
        tags: ['Annotations'],
        summary: 'What a format cannot hold of the annotations',
      },
    })
    .input(z.object({ id: z.string(), format: z.enum(FORMATS), ...versionInput }))
    .output(
      z.object({
        losses: z.array(z.object({ message: z.string(), images: z.number(), examples: z.array(z.string()) })),
      }),
    )
    .query(({ ctx, input }) => annotationLosses(ctx, input)),
});
