import { isDeepStrictEqual } from 'node:util';
import type { ReadingConfig } from '@granary/db';

export const NOTHING: ReadingConfig = { repairs: [], classMap: {}, overrides: [], csv: null };

/**
 * How files are read once a revision is undone: what it set is set back, unless a later one set it again.
 *
 * @param readings as they were before that revision, after it, and after each later one
 */
export function withoutRevision(readings: readonly ReadingConfig[]): ReadingConfig {
  const [before = NOTHING, made = NOTHING] = readings;
  const now = readings.at(-1) ?? NOTHING;
  const later = readings.slice(1);
  /** What of a reading it is now, or was before where only that revision changed it. */
  const settled = <Value>(of: (reading: ReadingConfig) => Value): Value => {
    const isTheirs = later.some((reading, i) => i > 0 && !isDeepStrictEqual(of(reading), of(later[i - 1] ?? reading)));
    return isTheirs || isDeepStrictEqual(of(before), of(made)) ? of(now) : of(before);
  };
  const settledList = <Item>(of: (reading: ReadingConfig) => readonly Item[]): Item[] => {
    const all = [...of(now), ...of(before)];
    const items = all.filter((item, i) => all.findIndex((other) => isDeepStrictEqual(other, item)) === i);
    return items.filter((item) => settled((reading) => of(reading).some((other) => isDeepStrictEqual(other, item))));
  };
  const names = new Set([now, before].flatMap(({ classMap }) => Object.keys(classMap)));
  const renamed = [...names].map((name) => [name, settled(({ classMap }) => classMap[name])] as const);
  return {
    repairs: settledList(({ repairs }) => repairs),
    classMap: Object.fromEntries(renamed.flatMap(([name, to]) => (to === undefined ? [] : [[name, to]]))),
    overrides: settledList(({ overrides }) => overrides),
    csv: settled(({ csv }) => csv),
  };
}
