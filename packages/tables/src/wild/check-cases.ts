import { afterAll, expect, test, vi } from 'vitest';
import { ImportedFiles } from '../imported-files.ts';
import type { Query } from '../query.ts';
import type { CsvOptions } from '../source.ts';
import type { Json } from '../values.ts';

/** A shape that people have brought, made smaller: what comes back is what came, or a failure that names it. */
export interface Case {
  name: string;
  files: Record<string, string | Uint8Array>;
  csv?: CsvOptions;
  /** All rows, exactly. */
  rows?: Record<string, Json>[];
  /** Single rows, by their numbers. */
  rowAt?: Record<number, Record<string, Json>>;
  numRows?: number;
  types?: Record<string, string>;
  notes?: RegExp;
  failure?: RegExp;
  finds?: [query: Query, rows: number[]][];
  refuses?: [query: Query, message: RegExp][];
}

/** A test for each case: imports its files and reads them back. */
export function checkCases(cases: readonly Case[]): void {
  vi.setConfig({ testTimeout: 120_000 });
  const files = new ImportedFiles();
  afterAll(() => files.stop());
  test.each(cases)(
    '$name',
    async ({ files: given, csv, rows, rowAt, numRows, types, notes, failure, finds, refuses }) => {
      if (failure) {
        const importing = files.import(given, csv);
        await expect(importing).rejects.toThrow(failure);
        // Nobody gets to see the paths of this machine, or what the engine would have people set.
        await expect(importing).rejects.not.toThrow(/scratch|auto_detect|ignore_errors/);
        return;
      }
      const split = await files.import(given, csv);
      expect(split.numRows).toBe(numRows ?? rows?.length ?? split.numRows);
      if (rows) expect(await split.rows()).toEqual(rows);
      for (const [index, row] of Object.entries(rowAt ?? {})) expect(await split.rows(Number(index), 1)).toEqual([row]);
      if (types) expect(await split.types()).toEqual(types);
      if (notes) expect(split.notes.map(({ detail }) => detail).join('\n')).toMatch(notes);
      for (const [query, found] of finds ?? []) expect([query, await split.find(query)]).toEqual([query, found]);
      for (const [query, message] of refuses ?? []) {
        await expect(split.find(query)).rejects.toMatchObject({
          name: 'QueryError',
          message: expect.stringMatching(message),
        });
      }
    },
  );
}

export const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
export const many = <T>(count: number, each: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => each(i));
export const numbered = (count: number): string => lines(many(count, (i) => ({ i, t: `w${i}` })));
