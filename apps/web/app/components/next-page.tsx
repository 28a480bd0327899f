import { Link } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { buttonStyle } from './ui';

/** Leads on in a list. */
export function NextPage({ to }: { to: string }) {
  const t = useTranslations('actions');
  return (
    <Link to={to} className={buttonStyle.secondary}>
      {t('nextPage')}
    </Link>
  );
}
