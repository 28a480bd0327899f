import { useRouteLoaderData } from '@remix-run/react';
import type { loader } from './root-data.server';

/** What every page knows: who is there, whom the site lets look, the language and the theme. */
export const useRoot = () => useRouteLoaderData<typeof loader>('root');
