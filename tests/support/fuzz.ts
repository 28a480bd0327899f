import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';
import type { Client } from './client.ts';
import { breachOf, document } from './contract.ts';

/** What a schema of the document says that matters for making values of it. */
const schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), schema).optional();
  },
  get items() {
    return z.union([z.literal(false), schema]).optional();
  },
  get prefixItems() {
    return z.array(schema).optional();
  },
  get anyOf() {
    return z.array(schema).optional();
  },
  get oneOf() {
    return z.array(schema).optional();
  },
  get allOf() {
    return z.array(schema).optional();
  },
});
type Schema = z.infer<typeof schema>;

const operation = z.looseObject({
  parameters: z
    .array(
      z.looseObject({ name: z.string(), in: z.string(), required: z.boolean().optional(), schema: schema.optional() }),
    )
    .default([]),
  requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({ schema })) }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: z.record(z.string(), z.unknown()).optional() })),
});

export interface Operation {
  method: string;
  path: string;
  shape: z.infer<typeof operation>;
}

/** Everything that the document describes, but streams that never end. */
export const operations: Operation[] = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
  Object.entries(z.record(z.string(), z.unknown()).parse(methods)).flatMap(([method, described]) =>
    path.endsWith('/events') ? [] : [{ method: method.toUpperCase(), path, shape: operation.parse(described) }],
  ),
);

/** What breaks programs: for a text anywhere. */
const NASTY = [
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\u202e',
    '..',
    '../../etc/passwd',
    '%',
    '%00',
    "' or 1=1--",
    '__proto__',
    'toString',
  ],
  ...[
    'null',
    '-1',
    '1e400',
    '99999999999999999999',
    '9223372036854775808',
    'x'.repeat(5000),
    '💥'.repeat(300),
    '\\',
    '{"a":1}',
  ],
  ...['eyJhIjoxfQ', '2024-13-45T00:00:00Z', '00000000-0000-0000-0000-000000000000'],
];

/** What is there, by the name of a parameter, or by what stands before it in the path. */
export type Known = Record<string, string>;

/** A request of an operation: sometimes as its schemas say, sometimes nearly, sometimes not at all. */
interface Call {
  path: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
}

function callOf({ path, shape }: Operation, known: Known): Arbitrary<Call> {
  const texts = fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...NASTY) }, { weight: 1, arbitrary: fc.string() });
  const named = (name: string) => {
    const before = new RegExp(`/([^/]+)/\\{${name}\\}`).exec(path)?.[1] ?? '';
    const real = known[name] ?? known[before];
    const some = fc.oneof(texts, fc.uuid());
    return real === undefined ? some : fc.oneof({ weight: 4, arbitrary: fc.constant(real) }, some);
  };
  const parameters = (place: string) => shape.parameters.filter((one) => one.in === place);
  const inPath = Object.fromEntries(parameters('path').map(({ name }) => [name, named(name)]));
  const inQuery = Object.fromEntries(
    parameters('query').map((one) => [one.name, fc.oneof(anyValueOf(one.schema ?? {}, 0), texts).map(String)]),
  );
  const required = parameters('query')
    .filter((one) => one.required)
    .map(({ name }) => name);
  const asked = shape.requestBody?.content['application/json']?.schema;
  const body =
    asked === undefined
      ? fc.constant(undefined)
      : fc.oneof({ weight: 6, arbitrary: anyValueOf(asked, 0) }, { weight: 1, arbitrary: fc.jsonValue() });
  return fc.record({
    path: fc.record(inPath),
    query: fc.record(inQuery, { requiredKeys: required }),
    body,
  });
}

function anyValueOf(given: Schema, depth: number): Arbitrary<unknown> {
  const one = resolved(given);
  const wrong = fc.oneof(fc.constantFrom<unknown>(...NASTY, null, -1, 1e308, 2 ** 53, [], {}, true), fc.jsonValue());
  return fc.oneof({ weight: 8, arbitrary: rightValueOf(one, depth) }, { weight: 1, arbitrary: wrong });
}

function rightValueOf(one: Schema, depth: number): Arbitrary<unknown> {
  if ('const' in one && one.const !== undefined) return fc.constant(one.const);
  if (one.enum) return fc.constantFrom(...one.enum);
  const options = one.anyOf ?? one.oneOf ?? one.allOf;
  if (options && options.length > 0) return fc.oneof(...options.map((option) => anyValueOf(option, depth + 1)));
  const [type] = [one.type ?? (one.properties ? 'object' : undefined)].flat();
  if (type === 'integer') return fc.integer({ min: clamp(one.minimum ?? -5), max: clamp(one.maximum ?? 2 ** 31 - 1) });
  if (type === 'number') return fc.double({ min: one.minimum ?? -5, max: one.maximum ?? 1e9, noNaN: true });
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (type === 'string') return textOf(one);
  if (type === 'array') {
    if (one.prefixItems) return fc.tuple(...one.prefixItems.map((item) => anyValueOf(item, depth + 1)));
    const minLength = one.minItems ?? 0;
    const bounds = { minLength, maxLength: Math.max(minLength, Math.min(one.maxItems ?? 3, 3)) };
    return depth > 4 ? fc.constant([]) : fc.array(anyValueOf(one.items || {}, depth + 1), bounds);
  }
  if (type === 'object') {
    const fields = Object.entries(one.properties ?? {}).map(
      ([name, field]) => [name, anyValueOf(field, depth + 1)] as const,
    );
    return fc.record(Object.fromEntries(fields), { requiredKeys: one.required ?? [] });
  }
  return fc.jsonValue();
}

const clamp = (value: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value)));

function textOf({ format, minLength = 0, maxLength = 40 }: Schema): Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'email') return fc.emailAddress();
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 60)), unit: 'grapheme' });
}

function resolved(one: Schema): Schema {
  if (one.$ref === undefined) return one;
  let at: unknown = document;
  for (const step of one.$ref.slice(2).split('/')) at = at === undefined ? at : Reflect.get(Object(at), step);
  return schema.parse(at);
}

/** What would end the round for those who succeed with it. */
const ENDING = new Set(['POST /auth/logout', 'POST /auth/logout-everywhere', 'PATCH /admin/settings']);

export interface Breach {
  call: string;
  by: string;
  wrong: string;
}

/**
 * Sends requests to operations, some by each of the clients.
 *
 * @param runs for each operation
 * @returns what was answered otherwise than the document says, or by an error of the server; and how much was asked
 */
export async function fuzz(
  clients: Record<string, Client>,
  { known, seed, runs, only = operations }: { known: Known; seed: number; runs: number; only?: Operation[] },
): Promise<{ breaches: Breach[]; asked: number; statuses: Record<number, number> }> {
  const breaches: Breach[] = [];
  const statuses: Record<number, number> = {};
  let asked = 0;
  const names = Object.keys(clients);
  for (const one of only) {
    for (const call of fc.sample(callOf(one, known), { numRuns: runs, seed })) {
      const turn = names[asked++ % names.length] ?? '';
      const by = ENDING.has(`${one.method} ${one.path}`) ? 'nobody' : turn;
      const client = clients[by];
      if (!client) continue;
      const { cookie } = client;
      const { wrong, status } = await wrongWith(client, one, call);
      // Whatever it was told, it is who it was.
      client.cookie = cookie;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (wrong !== null)
        breaches.push({
          call: `${one.method} ${one.path} ${JSON.stringify(call).slice(0, 600)}`,
          by,
          wrong: wrong.slice(0, 600),
        });
    }
  }
  return { breaches, asked, statuses };
}

async function wrongWith(client: Client, { method, path, shape }: Operation, call: Call) {
  const at = path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(call.path[name] ?? ''));
  const query = new URLSearchParams(call.query);
  const hasBody = call.body !== undefined;
  const answer = await client.raw(
    method,
    `/api/v1${at}${query.size > 0 ? `?${query}` : ''}`,
    hasBody ? JSON.stringify(call.body) : undefined,
    hasBody ? { 'content-type': 'application/json' } : {},
  );
  const { status } = answer;
  const text = await answer.text();
  const isTold = status >= 502 && String(status) in shape.responses;
  if (status >= 500 && !isTold) return { status, wrong: `${status} ${text}` };
  // An empty part of a path is another path, which answers for itself.
  if (/\/\/|\/$/.test(at) || at.split('/').some((part) => part === '.' || part === '..'))
    return { status, wrong: null };
  if (!(answer.headers.get('content-type') ?? '').includes('json')) return { status, wrong: null };
  return { status, wrong: breachOf({ method, path }, { status, body: JSON.parse(text) }) };
}

/** A lone surrogate has no way to be written in an address. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());
