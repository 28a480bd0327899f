import { listClasses } from '@granary/core/annotations/classes';
import { annotationLosses } from '@granary/core/annotations/download';
import { classView } from '@granary/core/annotations/schemas';
import { versionInput } from '@granary/core/revisions/refs';
import { FORMATS } from '@granary/formats';
import { z } from 'zod';
import { datasetReadingProcedure, router } from '../trpc.ts';

export const annotationsRouter = router({
  classes: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/classes',
        tags: ['Annotations'],
        summary: 'The classes of the draft, by their numbers',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ items: z.array(classView) }))
    .query(async ({ ctx }) => ({ items: await listClasses(ctx) })),

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
