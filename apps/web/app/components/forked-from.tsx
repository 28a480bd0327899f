import { Link } from '@remix-run/react';
import { useTranslations } from 'use-intl';

interface Origin {
  datasetId: string;
  name: string;
  version: number | null;
  revision: number;
  isVisible: boolean;
}

/** What a fork was made from, and the way to what the source has changed since. */
export function ForkedFrom({ forkedFrom, canEdit }: { forkedFrom: Origin; canEdit: boolean }) {
  const t = useTranslations('history');
  const { datasetId, name, version, revision, isVisible } = forkedFrom;
  const ref = version === null ? `r${revision}` : `v${version}`;
  return (
    <p className="mt-4 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span className="text-xs text-dim">{t('forkedFrom')}</span>
      {isVisible ? (
        <Link to={`/datasets/${datasetId}`} className="font-medium break-all text-accent hover:underline">
          {name}
        </Link>
      ) : (
        <span className="font-medium break-all">{name}</span>
      )}
      <span className="text-dim">{ref}</span>
      {isVisible && canEdit ? (
        <Link to="source" className="text-accent hover:underline">
          {t('fromSource')}
        </Link>
      ) : null}
    </p>
  );
}
