import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { MOST_CHARACTERS, parseQuery } from './parse.ts';
import { type Query, QuerySyntaxError } from './query.ts';

/** What asks for images by a query. */
export const queryInput = {
  q: z
    .string()
    .max(MOST_CHARACTERS)
    .optional()
    .describe('A query, such as `class:car>=3 -split:train`; see docs/queries.md.'),
};

/** @throws AppError `invalid_input`, which says where the mistake is */
export function readQuery(q: string | undefined): Query | null {
  try {
    return parseQuery(q ?? '');
  } catch (error) {
    if (!(error instanceof QuerySyntaxError)) throw error;
    const message = `cannot be read at character ${error.at.from + 1}: ${error.message}`;
    throw new AppError('invalid_input', { issues: [{ path: 'q', message }] });
  }
}
