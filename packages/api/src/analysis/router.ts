import { router, signedInProcedure } from '../trpc.ts';
import { analyzeFiles } from './analyze.ts';
import { analyzed, analyzeInput } from './schemas.ts';

export const analysisRouter = router({
  analyze: signedInProcedure
    .meta({
      errors: ['too_large_to_analyse', 'unreadable_upload', 'upload_unknown', 'upload_not_ready'],
      openapi: {
        method: 'POST',
        path: '/datasets/analyze',
        tags: ['Imports'],
        protect: true,
        summary: 'What files would turn out to be: format, classes, counts and problems. Nothing is written',
      },
      isReading: true,
    })
    .input(analyzeInput)
    .output(analyzed)
    .mutation(({ ctx, input }) => analyzeFiles(ctx, input)),
});
