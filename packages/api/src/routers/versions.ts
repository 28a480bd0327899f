import { pageOf } from '@granary/core/base/paging';
import { importStarted } from '@granary/core/imports/schemas';
import { diffFiles, diffOf } from '@granary/core/versions/diff';
import { diffImages } from '@granary/core/versions/diff-images';
import { countDiffRows, diffRows } from '@granary/core/versions/diff-rows';
import { changesSince, listRevisions, rollBack, undoRevision } from '@granary/core/versions/revisions';
import {
  changeVersionInput,
  diffFilesInput,
  diffImagesInput,
  diffInput,
  diffRowsInput,
  diffRowsPage,
  diffSummary,
  fileChange,
  imageChange,
  listInput,
  makeVersionInput,
  moveTagInput,
  revisionView,
  rollbackInput,
  tagInput,
  undoInput,
  versionImpact,
  versionRef,
  versionView,
} from '@granary/core/versions/schemas';
import {
  changeVersion,
  deleteTag,
  deleteVersion,
  getVersion,
  listVersions,
  makeVersion,
  moveTag,
  versionImpactOf,
} from '@granary/core/versions/versions';
import { z } from 'zod';
import { datasetListProcedure, datasetProcedure, datasetReadingProcedure, router } from '../trpc.ts';

const tags = ['Versions'];

export const versionsRouter = router({
  revisions: datasetListProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/revisions',
        tags,
        summary: 'What was done to a dataset, the newest first',
      },
    })
    .input(listInput)
    .output(pageOf(revisionView))
    .query(({ ctx, input }) => listRevisions(ctx, input)),

  undo: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['revision_gone', 'in_trash'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/revisions/{revision}/undo',
        tags,
        summary: 'Take back what a revision did, and leave what came later',
      },
    })
    .input(undoInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => undoRevision(ctx, input)),

  rollback: datasetProcedure('edit')
    .meta({
      status: 202,
      errors: ['revision_gone', 'nothing_changed', 'in_trash'],
      openapi: {
        method: 'POST',
        path: '/datasets/{id}/rollback',
        tags,
        summary: 'Make the draft what a version was, as a new revision',
      },
    })
    .input(rollbackInput)
    .output(importStarted)
    .mutation(({ ctx, input }) => rollBack(ctx, input)),

  create: datasetProcedure('edit')
    .meta({
      status: 201,
      errors: ['nothing_changed', 'busy', 'in_trash'],
      openapi: { method: 'POST', path: '/datasets/{id}/versions', tags, summary: 'Keep the draft as a version' },
    })
    .input(makeVersionInput)
    .output(versionView)
    .mutation(({ ctx, input }) => makeVersion(ctx, input)),

  list: datasetListProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/versions',
        tags,
        summary: 'Versions of a dataset, the newest first',
      },
    })
    .input(listInput)
    .output(pageOf(versionView))
    .query(({ ctx, input }) => listVersions(ctx, input)),

  get: datasetReadingProcedure
    .meta({
      isOfVersion: true,
      openapi: { method: 'GET', path: '/datasets/{id}/versions/{ref}', tags, summary: 'Get a version' },
    })
    .input(versionRef)
    .output(versionView)
    .query(({ ctx, input }) => getVersion(ctx, input.id, input.ref)),

  sinceLast: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/draft',
        tags,
        summary: 'How many changes the draft has that no version has',
      },
    })
    .input(z.object({ id: z.string() }))
    .output(z.object({ version: z.number().nullable(), revisions: z.number() }))
    .query(({ ctx, input }) => changesSince(ctx, input.id)),

  update: datasetProcedure('edit')
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/datasets/{id}/versions/{ref}',
        tags,
        summary: 'Change the message of a version',
      },
    })
    .input(changeVersionInput)
    .output(versionView)
    .mutation(({ ctx, input }) => changeVersion(ctx, input)),

  impact: datasetProcedure('manage')
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/versions/{ref}/deletion-impact',
        tags,
        summary: 'What goes when a version is deleted',
      },
    })
    .input(versionRef)
    .output(versionImpact)
    .query(({ ctx, input }) => versionImpactOf(ctx, input.id, input.ref)),

  delete: datasetProcedure('manage')
    .meta({
      errors: ['version_in_use'],
      openapi: {
        method: 'DELETE',
        path: '/datasets/{id}/versions/{ref}',
        tags,
        summary: 'Delete a version, and what nothing else needs',
      },
    })
    .input(versionRef)
    .output(versionImpact)
    .mutation(({ ctx, input }) => deleteVersion(ctx, input.id, input.ref)),

  setTag: datasetProcedure('edit')
    .meta({
      openapi: {
        method: 'PUT',
        path: '/datasets/{id}/version-tags/{tag}',
        tags,
        summary: 'Let a tag point at a version',
      },
    })
    .input(moveTagInput)
    .output(versionView)
    .mutation(({ ctx, input }) => moveTag(ctx, input)),

  deleteTag: datasetProcedure('edit')
    .meta({
      openapi: { method: 'DELETE', path: '/datasets/{id}/version-tags/{tag}', tags, summary: 'Delete a tag' },
    })
    .input(tagInput)
    .output(z.object({ tag: z.string() }))
    .mutation(async ({ ctx, input }) => {
      await deleteTag(ctx, input);
      return { tag: input.tag };
    }),

  diff: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/diff',
        tags,
        summary: 'What is different between two versions, in numbers',
      },
    })
    .input(diffInput)
    .output(diffSummary)
    .query(async ({ ctx, input }) => {
      const [summary, rows] = [await diffOf(ctx, input), await countDiffRows(ctx, input)];
      return rows === undefined ? summary : { ...summary, rows };
    }),

  diffFiles: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/diff/files',
        tags,
        summary: 'Files that differ between two versions',
      },
    })
    .input(diffFilesInput)
    .output(pageOf(fileChange))
    .query(({ ctx, input }) => diffFiles(ctx, input)),

  diffImages: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/diff/images',
        tags,
        summary: 'Images whose annotations differ between two versions, with both',
      },
    })
    .input(diffImagesInput)
    .output(pageOf(imageChange))
    .query(({ ctx, input }) => diffImages(ctx, input)),

  diffRows: datasetReadingProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/diff/rows',
        tags,
        summary: 'Rows of a dataset of texts that were added and removed between two versions',
      },
    })
    .input(diffRowsInput)
    .output(diffRowsPage)
    .query(({ ctx, input }) => diffRows(ctx, input)),
});
