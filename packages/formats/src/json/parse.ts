/** What `text` says, or undefined. Bare NaN and Infinity are read as null, integers beyond 2^53 as texts. */
export function parseLeniently(text: string): unknown {
  const reviver = LONG_INTEGER.test(text) ? keepLongIntegers : undefined;
  const value = parse(text, reviver);
  if (value !== undefined) return value;
  if (!/NaN|Infinity/.test(text)) return undefined;
  const withNulls = text.replace(
    /("(?:[^"\\]|\\.)*")|-?\b(?:NaN|Infinity)\b/g,
    (_, string?: string) => string ?? 'null',
  );
  return parse(withNulls, reviver);
}

/** Undefined when it is no JSON. */
export function parse(text: string, reviver?: typeof keepLongIntegers): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch {
    return undefined;
  }
}

/** Only a run of sixteen digits that are no fraction can be an integer that a number rounds. */
const LONG_INTEGER = /[:\s[,]-?\d{16}/;

/** https://tc39.es/proposal-json-parse-with-source/ */
function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context?.source && /^-?\d+$/.test(context.source) ? context.source : value;
}

export function reasonOf(text: string): string {
  try {
    JSON.parse(text);
    return 'not valid JSON';
  } catch (error) {
    return (error as Error).message.slice(0, 200);
  }
}

/** Deeper values are refused: whoever walks over them later, PostgreSQL included, would run out of stack. */
export const MAX_DEPTH = 64;

/** Whether a parsed value is nested more than {@link MAX_DEPTH} levels deep. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level
      .filter((item) => typeof item === 'object' && item !== null)
      .flatMap((item) => Object.values(item as object));
    if (level.length === 0) return false;
  }
  return true;
}
