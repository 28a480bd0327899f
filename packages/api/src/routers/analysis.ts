import { analyzeFiles } from '@granary/core/analysis/analyze';
import { analyzed, analyzeInput } from '@granary/core/analysis/schemas';
import { router, signedInProcedure } from '../trpc.ts';

export const analysisRouter = router({
  analyze: signedInProcedure
    .meta({
      errors: ['too_large_to_analyse', 'unreadable_upload', 'upload_unknown', 'upload_not_ready'],
      openapi: {
        method: 'POST',
        path: '/datasets/analyze',
        tags: ['Imports'],
        summary: 'Analyze files without importing them: format, classes, counts and problems',
      },
      isReading: true,
    })
    .input(analyzeInput)
    .output(analyzed)
    .mutation(({ ctx, input }) => analyzeFiles(ctx, input)),
});
