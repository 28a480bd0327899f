import type { JobView } from '@granary/client';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { useFormat, useNames } from '~/format';
import { useServerTexts } from '~/server-texts';

/** What a job is called, and what is to be said of it now. */
export function useJobText(): { title(job: JobView): string; message(job: JobView): string } {
  const t = useTranslations('jobs');
  const steps = useTranslations('names.step');
  const names = useNames();
  const amounts = useTranslations('amounts');
  const format = useFormat();
  const texts = useServerTexts();
  return useMemo(
    () => ({
      title: ({ kind }) => names.job(kind),
      message({ state, step, error, message, yoursBefore }) {
        if (error) return texts.error(error).message;
        if (step?.bytes) {
          const { done, total, perSecond } = step.bytes;
          const amount = amounts('ofTotal', { done: format.bytes(done), total: format.bytes(total) });
          const speed = perSecond > 0 ? ` · ${t('speed', { size: format.bytes(perSecond) })}` : '';
          return `${steps(step.code, { subject: step.subject })} · ${amount}${speed}`;
        }
        if (step) return steps(step.code, { subject: step.subject });
        return state === 'queued'
          ? yoursBefore > 0
            ? t('waitingBehind', { count: yoursBefore })
            : t('waiting')
          : state === 'completed'
            ? t('done')
            : state === 'cancelled'
              ? t('cancelled')
              : message;
      },
    }),
    [t, steps, names, amounts, format, texts],
  );
}
