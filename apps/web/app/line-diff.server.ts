import { structuredPatch } from 'diff';
import type { LineChange } from '~/components/compare/lines';

const CONTEXT = 3;
/** Comparing texts that have nothing in common takes long: then all of it has changed. */
const TIMEOUT_MS = 1000;

/** The lines of two texts that differ, with some around them. */
export function lineDiff(before: string, after: string): LineChange[] {
  const patch = structuredPatch('', '', before, after, '', '', { context: CONTEXT, timeout: TIMEOUT_MS });
  if (!patch) return [...linesOf('-', before), ...linesOf('+', after)];
  return patch.hunks.flatMap(({ lines }, i): LineChange[] => [
    ...(i === 0 ? [] : [{ sign: undefined, text: '' }]),
    ...lines.flatMap((line): LineChange[] => {
      const sign = line[0];
      return sign === '+' || sign === '-' || sign === ' ' ? [{ sign, text: line.slice(1) }] : [];
    }),
  ]);
}

const linesOf = (sign: '+' | '-', text: string): LineChange[] =>
  text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => ({ sign, text: line }));
