import type { MetaFunction } from '@remix-run/react';
import type { en } from './messages/en';
import type { loader as rootLoader } from './root-data.server';

type Messages = typeof en;

/** The title of a page in the language of the page; `of` picks it from the catalogue. */
export const titled =
  (of: (messages: Messages) => string): MetaFunction<unknown, { root: typeof rootLoader }> =>
  ({ matches }) => {
    const messages = matches.find(({ id }) => id === 'root')?.data?.messages;
    return [{ title: messages ? `${of(messages)} · ${messages.frame.app}` : 'Granary' }];
  };
