import type { Person } from '@granary/client';
import { Form, Link, useLocation } from '@remix-run/react';
import { clsx } from 'clsx';
import { LogIn, LogOut, UserRound } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { JobsDrawer } from './jobs-drawer';
import { LanguageSwitch } from './language-switch';
import { ThemeSwitch } from './theme-switch';

export function Header({ person, isAnonymous }: { person: Person | null; isAnonymous: boolean }) {
  const t = useTranslations('frame');
  return (
    <header className="border-b border-line bg-surface/60 backdrop-blur">
      <div className="mx-auto flex h-14 max-w-7xl items-center gap-2 px-4 sm:gap-4 sm:px-6">
        <Link to="/" className="flex shrink-0 items-center gap-2 font-semibold tracking-tight">
          <img src="/favicon.svg" alt="" className="size-7 shrink-0" />
          <span className="sr-only sm:not-sr-only">{t('app')}</span>
        </Link>
        {person ? (
          <nav aria-label={t('mainNavigation')} className="flex flex-1 items-center justify-between text-sm">
            <span className="flex">
              {(
                [
                  ['/datasets', t('datasets')],
                  ['/organizations', t('organizations')],
                  ['/trash', t('trash')],
                  ...(person.isAdmin ? [['/admin', t('admin')] as const] : []),
                ] as const
              ).map(([path, name]) => (
                <Link
                  key={path}
                  to={path}
                  // On narrow screens the page of one's account leads there.
                  className={clsx(
                    'rounded px-1.5 py-1 text-dim hover:text-ink sm:px-2',
                    path === '/organizations' && 'hidden sm:inline',
                  )}
                >
                  {name}
                </Link>
              ))}
            </span>
            <Form method="post" action="/sign-out" className="flex items-center gap-1 sm:gap-3">
              <JobsDrawer />
              <Link to="/account" className="rounded px-1 text-dim hover:text-ink" title={person.email}>
                <UserRound className="size-4 sm:hidden" aria-hidden />
                <span className="sr-only sm:not-sr-only">{person.name}</span>
              </Link>
              <button type="submit" className="flex items-center gap-1.5 rounded px-2 py-1 text-dim hover:text-ink">
                <LogOut className="size-4" aria-hidden />
                <span className="sr-only sm:not-sr-only">{t('signOut')}</span>
              </button>
            </Form>
          </nav>
        ) : isAnonymous ? (
          <ForAnyone />
        ) : (
          <span className="flex-1" />
        )}
        <ThemeSwitch />
        <LanguageSwitch />
      </div>
    </header>
  );
}

/** What there is for who is not signed in, where the site lets everyone look at what is public. */
function ForAnyone() {
  const t = useTranslations('frame');
  const account = useTranslations('account');
  const { pathname, search } = useLocation();
  const isSigningIn = /^\/sign-(in|up)\b/.test(pathname);
  return (
    <nav aria-label={t('mainNavigation')} className="flex flex-1 items-center justify-between text-sm">
      <Link to="/datasets" className="rounded px-1.5 py-1 text-dim hover:text-ink sm:px-2">
        {t('datasets')}
      </Link>
      {isSigningIn ? null : (
        <Link
          to={`/sign-in?next=${encodeURIComponent(pathname + search)}`}
          className="flex items-center gap-1.5 rounded px-2 py-1 text-dim hover:text-ink"
        >
          <LogIn className="size-4" aria-hidden /> {account('signIn')}
        </Link>
      )}
    </nav>
  );
}
