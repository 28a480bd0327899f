import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';

const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 16;

/** What people keep beside a dataset: any JSON object that can be stored and merged. */
export const metadata = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  const message = problemOf(value);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

/** Level by level: how deep it goes is what is not known yet. */
function problemOf(value: unknown): string | null {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} levels deep`;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === 'string' && !isStorable(item)) return 'has a text that cannot be stored';
      if (typeof item !== 'object' || item === null) continue;
      const names = Array.isArray(item) ? [] : Object.keys(item);
      if (names.some((name) => name === '__proto__' || !isStorable(name))) return 'has a name that cannot be stored';
      next.push(...Object.values(item));
    }
    level = next;
  }
  return null;
}

/** PostgreSQL's jsonb holds neither NUL nor half of a surrogate pair. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** What is there with a change merged into it. @throws AppError `invalid_input` when that is too large */
export function mergeMetadata(
  before: Record<string, unknown>,
  change: Record<string, unknown>,
): Record<string, unknown> {
  const merged = mergeObjects(before, change);
  if (Buffer.byteLength(JSON.stringify(merged)) > MAX_BYTES) {
    const message = `takes up more than ${MAX_BYTES / 1024} KiB, together with what is already there`;
    throw new AppError('invalid_input', { issues: [{ path: 'metadata', message }] });
  }
  return merged;
}

/** Deep merge: null keeps what is there, objects merge, the rest overwrites. */
function mergeObjects(before: Record<string, unknown>, change: Record<string, unknown>): Record<string, unknown> {
  const changes = Object.entries(change).filter(([, value]) => value !== null && value !== undefined);
  return {
    ...before,
    ...Object.fromEntries(
      changes.map(([name, value]) => {
        if (!isObject(value)) return [name, value];
        const old = Object.hasOwn(before, name) ? before[name] : undefined;
        return [name, mergeObjects(isObject(old) ? old : {}, value)];
      }),
    ),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
