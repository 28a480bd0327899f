import { annotationLosses } from '@granary/core/annotations/download';
import { versionInput } from '@granary/core/revisions/refs';
import { FORMATS } from '@granary/formats';
import { z } from 'zod';
import { datasetReadingProcedure, router } from '../trpc.ts';

export const annotationsRouter = router({
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
