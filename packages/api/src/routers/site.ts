import { siteSettings } from '@granary/core/base/defaults';
import { updateSettingsInput } from '@granary/core/site/schemas';
import { getSettings, updateSettings } from '@granary/core/site/settings';
import { z } from 'zod';
import { router, signedInProcedure } from '../trpc.ts';

const tags = ['Administration'];

export const siteRouter = router({
  settings: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/admin/settings', tags, summary: 'Settings of the site' },
    })
    .input(z.object({}).optional())
    .output(siteSettings)
    .query(({ ctx }) => getSettings(ctx)),

  updateSettings: signedInProcedure
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/admin/settings',
        tags,
        summary: 'Change who can sign up, how long things are kept, and limits',
      },
    })
    .input(updateSettingsInput)
    .output(siteSettings)
    .mutation(({ ctx, input }) => updateSettings(ctx, input)),
});
