import { listAudit } from '@granary/core/audit/log';
import { auditEntry, listAuditInput } from '@granary/core/audit/schemas';
import { pageOf } from '@granary/core/base/paging';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Audit'];
const page = pageOf(auditEntry);

export const auditRouter = router({
  ofDataset: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/datasets/{id}/audit-log',
        tags,
        summary: 'Audit log of a dataset, the newest first',
      },
    })
    .input(listAuditInput.extend({ id: z.string() }))
    .output(page)
    .query(({ ctx, input: { id, ...filter } }) => listAudit(ctx, id, filter)),

  ofSite: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/admin/audit-log',
        tags,
        summary: 'Audit log of all datasets and accounts, the newest first',
      },
    })
    .input(listAuditInput)
    .output(page)
    .query(({ ctx, input }) => listAudit(ctx, null, input)),
});
