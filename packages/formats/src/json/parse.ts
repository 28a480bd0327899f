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

/** Undefined when it is no JSON, or is nested more than {@link MAX_DEPTH} levels deep. */
export function parse(text: string, reviver?: typeof keepLongIntegers): unknown {
  try {
    const value: unknown = JSON.parse(text, reviver);
    return isTooDeep(value) ? undefined : value;
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
    return isTooDeep(JSON.parse(text)) ? TOO_DEEP : 'not valid JSON';
  } catch (error) {
    return (error as Error).message.slice(0, 200);
  }
}

/** Deeper values are refused: whoever walks over them later, PostgreSQL included, would run out of stack. */
const MAX_DEPTH = 64;

export const TOO_DEEP = `nested more than ${MAX_DEPTH} levels deep`;

/** Whether a value is nested more than {@link MAX_DEPTH} levels deep; looks no deeper than that. */
export const isTooDeep = (value: unknown): boolean => isContainer(value) && isDeeper(value, MAX_DEPTH);

/** Loops without a list of members, for it looks at all that is read: it takes a tenth of the time of parsing. */
function isDeeper(container: Container, levels: number): boolean {
  if (levels === 0) return true;
  if (Array.isArray(container)) {
    for (let i = 0; i < container.length; i++) {
      const item: unknown = container[i];
      if (isContainer(item) && isDeeper(item, levels - 1)) return true;
    }
    return false;
  }
  for (const key in container) {
    const item = container[key];
    if (isContainer(item) && isDeeper(item, levels - 1)) return true;
  }
  return false;
}

type Container = unknown[] | Record<string, unknown>;

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;
