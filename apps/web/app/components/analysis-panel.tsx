import type { AnalysisSummary } from '@granary/formats';
import { Loader2 } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { useFormat, useNames } from '~/format';
import { useServerTexts } from '~/server-texts';
import type { AnalysisMessage } from '~/upload/analysis';
import { Detection, Findings, RepairPreview } from './findings';

/** What picked files look like, found without sending them. */
export function AnalysisPanel({ message }: { message: AnalysisMessage }) {
  const t = useTranslations('upload');
  return (
    <section aria-label={t('analysis')} className="rounded-lg border border-line p-4">
      {message.state === 'running' ? (
        <p role="status" className="flex items-center gap-2 text-sm text-dim">
          <Loader2 className="size-4 animate-spin" aria-hidden />
          {message.total > 0 ? t('lookingAt', { done: message.done, total: message.total }) : t('looking')}
        </p>
      ) : null}
      {message.state === 'failed' ? (
        <p role="status" className="text-sm text-warn">
          {t('notAnalysed', { reason: message.message })}
        </p>
      ) : null}
      {message.state === 'done' ? <Found analysis={message.analysis} unopened={message.unopened} /> : null}
    </section>
  );
}

function Found({ analysis, unopened }: { analysis: AnalysisSummary; unopened: readonly string[] }) {
  const t = useTranslations('upload');
  const amounts = useTranslations('amounts');
  const names = useNames();
  const texts = useServerTexts();
  const { count } = useFormat();
  const { format, confidence, counts, taskType, classes, splits, issues, repairs } = analysis;
  if (counts.files === 0) {
    return <p className="text-sm text-dim">{t('analysedLater', { files: unopened.join(', ') })}</p>;
  }
  const facts = [
    [t('readableImages'), count(counts.images)],
    [t('annotations'), count(counts.annotations)],
    [t('task'), names.task(taskType)],
    [
      t('splits'),
      Object.entries(splits)
        .map(([name, images]) => `${name} ${count(images)}`)
        .join(' · ') || amounts('none'),
    ],
  ];
  const numProblems = issues.filter(({ severity }) => severity !== 'info').length;
  return (
    <div className="space-y-4" role="status">
      <p className="font-medium">
        {format === null ? t('noFormat') : t('thisIs', { format: names.format(format) })}
        {format === null ? null : (
          <span className="ml-2 text-sm font-normal text-dim">
            {t('sure', { percent: Math.round(confidence * 100) })}
          </span>
        )}
      </p>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 text-sm sm:grid-cols-4">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt className="text-xs text-dim">{term}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {classes.length > 0 ? (
        <p className="text-sm break-words">
          <span className="text-dim">{t('classes', { count: classes.length })} </span>
          {classes.slice(0, 20).join(', ')}
          {classes.length > 20 ? ` ${amounts('andMore', { count: classes.length - 20 })}` : ''}
        </p>
      ) : null}
      {unopened.length > 0 ? (
        <p className="text-sm text-dim">{t('notLookedInto', { files: unopened.join(', ') })}</p>
      ) : null}
      {repairs.length > 0 ? (
        <div className="rounded-md border border-note/30 bg-note/10 p-3 text-sm text-ink">
          <p className="font-medium">{t('repairable')}</p>
          <ul className="mt-2 space-y-2">
            {repairs.map((repair) => (
              <li key={repair.code}>
                {texts.repair(repair, repair.affects)}
                <RepairPreview repair={repair} />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <details open={numProblems > 0}>
        <summary className="cursor-pointer text-sm text-soft">{t('problems', { count: numProblems })}</summary>
        <div className="mt-3">
          <Findings issues={issues} />
        </div>
      </details>
      <details>
        <summary className="cursor-pointer text-sm text-soft">{t('why')}</summary>
        <div className="mt-3">
          <Detection analysis={analysis} />
        </div>
      </details>
    </div>
  );
}
