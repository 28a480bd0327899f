import { type ErrorResponse, Link, useRevalidator } from '@remix-run/react';
import { WifiOff } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { useServerTexts } from '~/server-texts';

/** What went wrong, and where to go from here. */
export function ErrorPage({ error }: { error: ErrorResponse | null }) {
  const t = useTranslations('frame');
  const texts = useServerTexts();
  const said = saidIn(error?.data);
  const { message, hint }: { message: string; hint?: string } = said
    ? texts.error(said)
    : { message: error?.status === 404 ? t('noSuchPage') : t('internalError') };
  return (
    <div className="text-center">
      <p className="font-mono text-sm text-accent">{error?.status ?? 500}</p>
      <h1 className="mt-2 text-2xl font-semibold">{message}</h1>
      {hint ? <p className="mt-2 text-dim">{hint}</p> : null}
      <Link to="/datasets" className="mt-6 inline-block text-accent underline-offset-4 hover:underline">
        {t('toDatasets')}
      </Link>
    </div>
  );
}

/** By hand: every page loads this, and a library of schemas would weigh more than all the rest of it. */
function saidIn(data: unknown): { code: string; message: string; hint?: string } | null {
  if (typeof data !== 'object' || data === null || !('message' in data) || typeof data.message !== 'string')
    return null;
  const code = 'code' in data && typeof data.code === 'string' ? data.code : '';
  const hint = 'hint' in data && typeof data.hint === 'string' ? { hint: data.hint } : {};
  return { code, message: data.message, ...hint };
}

/** What fetch throws when nobody answers, or the decoder of a page's data when the answer breaks off. */
export const isUnreachable = (error: unknown): boolean =>
  typeof window !== 'undefined' &&
  (error instanceof TypeError || (error instanceof Error && /fetch|network|decode|stream|abort/i.test(error.message)));

const TRY_AGAIN_MS = 2000;

/** The server is away for the moment: the page comes back by itself when it is there again. */
export function Unreachable() {
  const t = useTranslations('frame');
  const { revalidate, state } = useRevalidator();
  useEffect(() => {
    if (state !== 'idle') return;
    const timer = setTimeout(revalidate, TRY_AGAIN_MS);
    window.addEventListener('online', revalidate);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('online', revalidate);
    };
  }, [revalidate, state]);
  return (
    <div className="text-center" role="status">
      <WifiOff className="mx-auto size-8 text-dim" aria-hidden />
      <h1 className="mt-4 text-2xl font-semibold">{t('waitingForServer')}</h1>
      <p className="mt-2 text-sm text-dim">{t('waitingHint')}</p>
    </div>
  );
}
