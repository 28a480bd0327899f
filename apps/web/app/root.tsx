import type { LinksFunction, LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import {
  isRouteErrorResponse,
  Links,
  Meta,
  Outlet,
  Scripts,
  ScrollRestoration,
  type ShouldRevalidateFunction,
  useLoaderData,
  useRouteError,
} from '@remix-run/react';
import type { ReactNode } from 'react';
import { Toaster } from 'sonner';
import stylesheet from './app.css?url';
import { ErrorPage, isUnreachable, Unreachable } from './components/error-page';
import { Header } from './components/header';

export const links: LinksFunction = () => [
  { rel: 'stylesheet', href: stylesheet },
  { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' },
];

export const meta: MetaFunction = () => [
  { title: 'Granary' },
  { name: 'description', content: 'A home for machine-learning datasets' },
];

export function loader({ context }: LoaderFunctionArgs) {
  return { person: context.person };
}

/** Who one is changes by forms only. */
export const shouldRevalidate: ShouldRevalidateFunction = ({ formMethod }) => formMethod !== undefined;

export function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <Meta />
        <Links />
      </head>
      <body className="min-h-screen">
        {children}
        <Toaster theme="dark" position="bottom-right" richColors />
        <ScrollRestoration />
        <Scripts />
      </body>
    </html>
  );
}

export default function App() {
  const { person } = useLoaderData<typeof loader>();
  return (
    <>
      <Header person={person} />
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
