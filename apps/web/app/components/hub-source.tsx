import type { DatasetView } from '@granary/client';
import { useTranslations } from 'use-intl';
import { CopyButton } from './copy-button';

/** What of the Hub a dataset is: the repository, the part of it, and the commit. */
export function HubSource({ hub }: { hub: NonNullable<DatasetView['hub']> }) {
  const t = useTranslations('hub');
  const parts = [
    ...(hub.subset ? [`${t('subset')}: ${hub.subset}`] : []),
    ...(hub.split ? [`${t('split')}: ${hub.split}`] : []),
    ...(hub.revision ? [`${t('revision')}: ${hub.revision}`] : []),
    ...(hub.maxSamples ? [t('rows', { count: hub.maxSamples })] : []),
  ];
  return (
    <p className="mt-4 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span className="text-xs text-dim">{t('source')}</span>
      <span className="font-medium break-all">Hugging Face · {hub.repo}</span>
      {parts.map((part) => (
        <span key={part} className="text-dim">
          {part}
        </span>
      ))}
      {hub.commit ? (
        <span className="flex items-center gap-1 text-xs text-dim">
          {t('commit')} <code>{hub.commit.slice(0, 12)}</code>
          <CopyButton text={hub.commit} label={t('commit')} />
        </span>
      ) : null}
    </p>
  );
}
