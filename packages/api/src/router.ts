import { accountsRouter } from './accounts/router.ts';
import { adminRouter } from './admin/router.ts';
import { analysisRouter } from './analysis/router.ts';
import { annotationsRouter } from './annotations/router.ts';
import { auditRouter } from './audit/router.ts';
import { authRouter } from './auth/router.ts';
import { backupsRouter } from './backups/router.ts';
import { datasetsRouter } from './datasets/router.ts';
import { deletionRouter } from './deletion/router.ts';
import { duplicatesRouter } from './duplicates/router.ts';
import { filesRouter } from './files/router.ts';
import { hubRouter } from './hub/router.ts';
import { imagesRouter } from './images/router.ts';
import { importsRouter } from './imports/router.ts';
import { integrityRouter } from './integrity/router.ts';
import { jobsRouter } from './jobs/router.ts';
import { organizationsRouter } from './organizations/router.ts';
import { samplesRouter } from './samples/router.ts';
import { sharingRouter } from './sharing/router.ts';
import { siteRouter } from './site/router.ts';
import { tablesRouter } from './tables/router.ts';
import { tokenizationRouter } from './tokenization/router.ts';
import { createCallerFactory, router } from './trpc.ts';
import { uploadsRouter } from './uploads/router.ts';
import { usagesRouter } from './usages/router.ts';

export const appRouter = router({
  auth: authRouter,
  datasets: datasetsRouter,
  uploads: uploadsRouter,
  imports: importsRouter,
  files: filesRouter,
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
  hub: hubRouter,
  tables: tablesRouter,
  tokenization: tokenizationRouter,
});

export type AppRouter = typeof appRouter;

/** Calls procedures within the process: what pages use. */
export const createCaller = createCallerFactory(appRouter);
export type Caller = ReturnType<typeof createCaller>;
