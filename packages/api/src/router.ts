import type { Context } from '@granary/core/base/context';
import { toAppError } from './errors.ts';
import { accountsRouter } from './routers/accounts.ts';
import { adminRouter } from './routers/admin.ts';
import { analysisRouter } from './routers/analysis.ts';
import { annotationsRouter } from './routers/annotations.ts';
import { auditRouter } from './routers/audit.ts';
import { authRouter } from './routers/auth.ts';
import { backupsRouter } from './routers/backups.ts';
import { datasetsRouter } from './routers/datasets.ts';
import { deletionRouter } from './routers/deletion.ts';
import { duplicatesRouter } from './routers/duplicates.ts';
import { exportsRouter } from './routers/exports.ts';
import { filesRouter } from './routers/files.ts';
import { forksRouter } from './routers/forks.ts';
import { hubRouter } from './routers/hub.ts';
import { imagesRouter } from './routers/images.ts';
import { importsRouter } from './routers/imports.ts';
import { integrityRouter } from './routers/integrity.ts';
import { jobsRouter } from './routers/jobs.ts';
import { labelsRouter } from './routers/labels.ts';
import { organizationsRouter } from './routers/organizations.ts';
import { samplesRouter } from './routers/publishing.ts';
import { tablesRouter } from './routers/rows.ts';
import { sharingRouter } from './routers/sharing.ts';
import { siteRouter } from './routers/site.ts';
import { tokenizationRouter } from './routers/tokenization.ts';
import { uploadsRouter } from './routers/uploads.ts';
import { usagesRouter } from './routers/usages.ts';
import { versionsRouter } from './routers/versions.ts';
import { workRouter } from './routers/work.ts';
import { createCallerFactory, router } from './trpc.ts';

export const appRouter = router({
  auth: authRouter,
  datasets: datasetsRouter,
  uploads: uploadsRouter,
  imports: importsRouter,
  files: filesRouter,
  exports: exportsRouter,
  images: imagesRouter,
  duplicates: duplicatesRouter,
  jobs: jobsRouter,
  analysis: analysisRouter,
  annotations: annotationsRouter,
  deletion: deletionRouter,
  backups: backupsRouter,
  audit: auditRouter,
  integrity: integrityRouter,
  accounts: accountsRouter,
  admin: adminRouter,
  site: siteRouter,
  samples: samplesRouter,
  organizations: organizationsRouter,
  sharing: sharingRouter,
  usages: usagesRouter,
  versions: versionsRouter,
  forks: forksRouter,
  labels: labelsRouter,
  work: workRouter,
  hub: hubRouter,
  tables: tablesRouter,
  tokenization: tokenizationRouter,
});

export type AppRouter = typeof appRouter;

const callerOf = createCallerFactory(appRouter);

/** Calls procedures within the process: what pages use. What fails inside of one is in the log by then. */
export const createCaller = (context: Context) =>
  callerOf(context, {
    onError: ({ error, path }) => {
      if (toAppError(error).isOurs) context.log.error({ err: error, path }, 'procedure failed');
    },
  });
export type Caller = ReturnType<typeof createCaller>;
