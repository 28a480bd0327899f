import { useRouteLoaderData } from '@remix-run/react';
import type { loader } from './root-data.server';

/** What every page knows: who is there, and the language. */
export const useRoot = () => useRouteLoaderData<typeof loader>('root');
