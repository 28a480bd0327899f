import type { DatasetView } from '@granary/client';
import { Link } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { CopyButton } from './copy-button';

/** What one may do with a dataset, and how it is cited; nothing where neither is said. */
export function LicenseAndCitation({ license, citation }: Pick<DatasetView, 'license' | 'citation'>) {
  const t = useTranslations('dataset');
  if (license === null && citation === '') return null;
  return (
    <dl className="mt-5 space-y-4 border-t border-line pt-4 text-sm">
      {license === null ? null : (
        <div>
          <dt className="text-xs text-dim">{t('license')}</dt>
          <dd className="mt-0.5 font-medium break-words">
            <Link
              to={`/datasets?license=${encodeURIComponent(license)}`}
              title={t('sameLicense')}
              className="text-accent hover:underline"
            >
              {license}
            </Link>
          </dd>
        </div>
      )}
      {citation === '' ? null : (
        <div>
          <dt className="flex items-center gap-1 text-xs text-dim">
            {t('citation')} <CopyButton text={citation} label={t('copyCitation')} />
          </dt>
          <dd>
            <pre className="mt-1 rounded-md bg-canvas p-3 text-xs break-words whitespace-pre-wrap">{citation}</pre>
          </dd>
        </div>
      )}
    </dl>
  );
}
