import { appRouter, openApiDocument } from '@granary/api';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer, Client } from './client.ts';

export const document = openApiDocument('');

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');

interface Procedure {
  _def: { meta?: { openapi?: { method: string; path: string } } };
}

/** Every procedure of the router, with its call in REST; null for those that have none. */
export const procedures: Record<string, { method: string; path: string } | null> = Object.fromEntries(
  Object.keys(appRouter._def.procedures).map((name) => {
    const { _def }: Procedure = Reflect.get(appRouter._def.procedures, name);
    return [name, _def.meta?.openapi ?? null];
  }),
);

/** Procedures whose success was checked. */
export const succeeded = new Set<string>();

const pointer = (text: string) => text.replaceAll('~', '~0').replaceAll('/', '~1');

/** Checks an answer by the schema that the document has for it. @throws Error with what is wrong */
export function assertContract(name: string, answer: Answer<unknown>): void {
  const call = procedures[name];
  if (!call) return;
  const wrong = breachOf(call, answer);
  if (wrong !== null) throw new Error(`${name} ${wrong}`);
  if (answer.status < 300) succeeded.add(name);
}

/** What is wrong with an answer by the document; null for one that is as it says. */
export function breachOf(
  { method, path }: { method: string; path: string },
  { status, body }: Pick<Answer<unknown>, 'status' | 'body'>,
): string | null {
  const at = `#/paths/${pointer(path)}/${method.toLowerCase()}/responses/${status}`;
  const validate = ajv.getSchema(`openapi${at}/content/application~1json/schema`);
  // What the client gets is what the document says, and nothing else.
  if (!validate) return `${status}: the document has no such answer`;
  return validate(body) ? null : `${status}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`;
}

/** Calls a procedure by REST: names of its path from the input, the rest in the query or the body. */
export async function call<T = Record<string, never>>(
  client: Client,
  name: string,
  input: Record<string, unknown> = {},
): Promise<Answer<T>> {
  const rest = procedures[name];
  if (!rest) throw new Error(`${name} has no REST call`);
  const left = { ...input };
  const path = rest.path.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = String(left[key] ?? 'missing');
    delete left[key];
    return encodeURIComponent(value);
  });
  const hasBody = rest.method !== 'GET' && rest.method !== 'DELETE';
  const query = hasBody ? '' : new URLSearchParams(Object.entries(left).map(([key, value]) => [key, String(value)]));
  const answer = await client.json<T>(
    rest.method,
    `/api/v1${path}${String(query) ? `?${query}` : ''}`,
    hasBody ? left : undefined,
  );
  assertContract(name, answer);
  return answer;
}
