import { findDataset } from '@granary/core/access/policy';
import { pageOf } from '@granary/core/base/paging';
import { addComment, changeComment, deleteComment, listComments } from '@granary/core/workflow/comments';
import {
  acceptPredictions,
  listPredictions,
  postPredictions,
  reviewPredictions,
} from '@granary/core/workflow/predictions';
import { assignImages, nextOf, progressOf } from '@granary/core/workflow/queue';
import {
  accepted,
  acceptInput,
  assignInput,
  changeCommentInput,
  commentInput,
  commentView,
  deleteCommentInput,
  listCommentsInput,
  nextImage,
  nextInput,
  postPredictionsInput,
  predictionsPosted,
  predictionView,
  progressView,
  reviewed,
  reviewInput,
} from '@granary/core/workflow/schemas';
import { z } from 'zod';
import { datasetListProcedure, datasetProcedure, datasetReadingProcedure, router } from '../trpc.ts';

const work = ['Work'];
const predictions = ['Predictions'];
const comments = ['Comments'];

export const workRouter = router({
  next: datasetProcedure('see')
    .meta({
      openapi: { method: 'GET', path: '/datasets/{id}/next-image', tags: work, summary: 'The next image of a queue' },
    })
    .input(nextInput)
    .output(nextImage)
    .query(({ ctx, input }) => nextOf(ctx, input)),

  assign: datasetProcedure('edit')
    .meta({
      openapi: { method: 'POST', path: '/datasets/{id}/assignments', tags: work, summary: 'Assign images to somebody' },
    })
    .input(assignInput)
    .output(z.object({ assigned: z.number() }))
    .mutation(({ ctx, input }) => assignImages(ctx, input)),

  progress: datasetProcedure('see')
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/progress',
        tags: work,
        summary: 'How far the images are, and who does what',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(progressView)
    .query(({ ctx }) => progressOf(ctx)),

  postPredictions: datasetProcedure('edit')
    .meta({
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/predictions',
        tags: predictions,
        summary: 'Keep what a model says of images, in place of what it said before',
      },
    })
    .input(postPredictionsInput)
    .output(predictionsPosted)
    .mutation(({ ctx, input }) => postPredictions(ctx, input)),

  predictions: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/images/{fileId}/predictions',
        tags: predictions,
        summary: 'What models say of an image',
      },
    })
    .input(z.object({ id: z.string(), fileId: z.coerce.number().int().positive() }))
    .output(z.object({ items: z.array(predictionView) }))
    .query(({ ctx, input }) => listPredictions(ctx, input.fileId)),

  review: datasetProcedure('edit')
    .meta({
      errors: ['edited_meanwhile', 'format_cannot_hold'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/images/{fileId}/review',
        tags: predictions,
        summary: 'Make annotations of predictions, or drop them',
      },
    })
    .input(reviewInput)
    .output(reviewed)
    .mutation(({ ctx, input }) => reviewPredictions(ctx, input)),

  accept: datasetProcedure('edit')
    .meta({
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/predictions/accept',
        tags: predictions,
        summary: 'Accept all predictions of a model from a score on',
      },
    })
    .input(acceptInput)
    .output(accepted)
    .mutation(({ ctx, input }) => acceptPredictions(ctx, input)),

  comments: datasetListProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/comments',
        tags: comments,
        summary: 'Comments, the newest first',
      },
    })
    .input(listCommentsInput)
    .output(pageOf(commentView))
    .query(({ ctx, input }) => listComments(ctx, input)),

  comment: datasetProcedure('see')
    .meta({
      status: 201,
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/comments',
        tags: comments,
        summary: 'Comment on a dataset, an image or an annotation',
      },
    })
    .input(commentInput)
    .output(commentView)
    .mutation(({ ctx, input }) => addComment(ctx, input)),

  changeComment: datasetProcedure('see')
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/datasets/{id}/comments/{commentId}',
        tags: comments,
        summary: 'Change a comment',
      },
    })
    .input(changeCommentInput)
    .output(commentView)
    .mutation(({ ctx, input }) => changeComment(ctx, input)),

  deleteComment: datasetProcedure('see')
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/datasets/{id}/comments/{commentId}',
        tags: comments,
        summary: 'Delete a comment',
      },
    })
    .input(deleteCommentInput)
    .output(z.object({ ok: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      const { actions } = await findDataset(ctx.database, ctx.person, input.id);
      await deleteComment(ctx, input.commentId, actions.includes('manage'));
      return { ok: true } as const;
    }),
});
