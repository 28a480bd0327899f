import type { z } from 'zod';

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  tuple: 'a list of fixed length',
  boolean: 'true or false',
};

/** What is wrong with a value, for the person who brought it: `value.x is missing, where a number belongs`. */
export function sayProblem(error: z.ZodError, fallback: string): string {
  const [issue] = error.issues;
  if (!issue) return fallback;
  const place = issue.path.map(String).join('.') || 'it';
  const [, expected = '', received = ''] = /expected (\w+), received (\w+)/.exec(issue.message) ?? [];
  const wanted = KINDS[expected];
  if (!wanted) return issue.path.length > 0 ? `${place} is not what belongs there` : fallback;
  const is = received === 'undefined' ? 'is missing' : `is ${KINDS[received] ?? received}`;
  return `${place} ${is}, where ${wanted} belongs`;
}
