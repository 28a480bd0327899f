import { expect, test } from 'vitest';
import { z } from 'zod';
import { unknownFields } from './unknown-fields.ts';

const schema = z
  .object({
    id: z.string(),
    do: z.object({ split: z.string().nullable().optional() }).optional(),
    items: z.array(z.object({ path: z.string() })).default([]),
    who: z.union([z.object({ email: z.string() }), z.object({ userId: z.string() })]).optional(),
    open: z.record(z.string(), z.unknown()).optional(),
    loose: z.looseObject({ a: z.string() }).optional(),
    text: z
      .object({ a: z.string() })
      .transform(({ a }) => a)
      .optional(),
  })
  .refine(({ id }) => id !== '');

test('fields that no schema knows are told with their whole path', () => {
  const body = {
    id: 'x',
    nam: 1,
    do: { split: 'a', spilt: 'b' },
    items: [{ path: 'a' }, { path: 'b', size: 1 }],
    ...{ who: { email: 'x', role: 'y' }, open: { anything: { at: 'all' } }, loose: { b: 1 }, text: { a: 'x', b: 1 } },
  };
  expect(unknownFields(schema, body)).toEqual(['nam', 'do.spilt', 'items.1.size', 'who.role', 'text.b']);
});

test('what every object has by itself is no field', () => {
  expect(unknownFields(schema, JSON.parse('{"id":"x","__proto__":{},"constructor":1}'))).toEqual([
    '__proto__',
    'constructor',
  ]);
});

test('a value of another shape is left to the schema', () => {
  for (const body of [undefined, null, 3, 'x', []]) expect(unknownFields(schema, body)).toEqual([]);
});
