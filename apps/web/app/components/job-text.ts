import type { JobView } from '@granary/api/client';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { useNames } from '~/format';
import { useServerTexts } from '~/server-texts';

/** What a job is called, and what is to be said of it now. */
export function useJobText(): { title(job: JobView): string; message(job: JobView): string } {
  const t = useTranslations('jobs');
  const steps = useTranslations('names.step');
  const names = useNames();
  const texts = useServerTexts();
  return useMemo(
    () => ({
      title: ({ kind }) => names.job(kind),
      message({ state, step, error, message }) {
        if (error) return texts.error(error).message;
        if (step) return steps(step.code, { subject: step.subject });
        return state === 'queued'
          ? t('waiting')
          : state === 'completed'
            ? t('done')
            : state === 'cancelled'
              ? t('cancelled')
              : message;
      },
    }),
    [t, steps, names, texts],
  );
}
