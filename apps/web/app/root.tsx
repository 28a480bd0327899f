import type { LinksFunction } from '@remix-run/node';
import {
  isRouteErrorResponse,
  Links,
  Meta,
  type MetaFunction,
  Outlet,
  Scripts,
  ScrollRestoration,
  type ShouldRevalidateFunction,
  useLoaderData,
  useLocation,
  useRouteError,
} from '@remix-run/react';
import { type ReactNode, useEffect } from 'react';
import { Toaster } from 'sonner';
import { IntlProvider } from 'use-intl';
import stylesheet from './app.css?url';
import { ErrorPage, isUnreachable, Unreachable } from './components/error-page';
import { Header } from './components/header';
import { replayEarly } from './early';
import { frame } from './messages/en/frame';
import { useNonce } from './nonce';
import { loader } from './root-data.server';
import { useRoot } from './use-root';

export const links: LinksFunction = () => [
  { rel: 'stylesheet', href: stylesheet },
  { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' },
];

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: data?.messages.frame.app ?? 'Granary' },
  { name: 'description', content: data?.messages.frame.tagline },
];

export { loader };

/** Who one is, and whom the site lets look, changes by these forms only; another language loads the document anew. */
export const shouldRevalidate: ShouldRevalidateFunction = ({ formAction }) =>
  formAction !== undefined && /^\/(sign-(in|up|out)|account|admin\/settings)\b/.test(formAction);

export function Layout({ children }: { children: ReactNode }) {
  const root = useRoot();
  const nonce = useNonce();
  const language = root?.language ?? 'en';
  const theme = root?.theme ?? 'system';
  return (
    <html lang={language} data-theme={theme}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme === 'system' ? 'light dark' : theme} />
        <Meta />
        {/* At once: it keeps what is done before the page lives. */}
        <script src="/early.js" nonce={nonce} suppressHydrationWarning />
        <Links />
      </head>
      <body className="min-h-screen">
        <IntlProvider locale={language} messages={root?.messages ?? { frame }} timeZone="UTC">
          {children}
        </IntlProvider>
        <Toaster theme={theme} position="bottom-right" richColors />
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  );
}

export default function App() {
  const { person, isAnonymous } = useLoaderData<typeof loader>();
  const { pathname } = useLocation();
  useEffect(() => void replayEarly(), []);
  return (
    <>
      {/* In a frame of another app one chooses a dataset, and goes nowhere else. */}
      {pathname === '/pick' ? null : <Header person={person} isAnonymous={isAnonymous} />}
      <main className="mx-auto w-full max-w-7xl px-4 py-6 sm:px-6">
        <Outlet />
      </main>
    </>
  );
}

export function ErrorBoundary() {
  const error = useRouteError();
  return (
    <main className="mx-auto max-w-xl px-4 py-24">
      {isUnreachable(error) ? <Unreachable /> : <ErrorPage error={isRouteErrorResponse(error) ? error : null} />}
    </main>
  );
}
