import { ERRORS } from '@granary/core/errors/table';
import { type GenerateOpenApiDocumentOptions, generateOpenApiDocument } from 'trpc-to-openapi';
import { exampleOf, type JsonSchema } from './openapi-examples.ts';
import { STREAMS, securityOf } from './openapi-streams.ts';
import { appRouter } from './router.ts';
import type { ProcedureMeta } from './trpc.ts';

type Document = ReturnType<typeof generateOpenApiDocument>;
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>;
type Responses = NonNullable<Operation['responses']>;
type Answer = Responses[string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** A procedure's REST status of success, by its path (`datasets.create`). */
export function statusOf(path: string | undefined): number {
  return metaOf(path)?.status ?? 200;
}

function metaOf(path: string | undefined): ProcedureMeta | undefined {
  const procedure: { _def: { meta?: ProcedureMeta } } | undefined =
    path === undefined ? undefined : Reflect.get(appRouter._def.procedures, path);
  return procedure?._def.meta;
}

/**
 * The OpenAPI 3.1 document of REST under /api/v1: of the procedures, with the statuses and errors that they really have and
 * an example of each, and of the paths that answer bytes or events.
 */
export function openApiDocument(baseUrl: string): Document {
  const options: GenerateOpenApiDocumentOptions = {
    title: 'Granary',
    description: [
      'Datasets for machine learning: upload, import, check, browse, share.',
      'Sign in with a session cookie or with `Authorization: Bearer <API key>`. Uploads are tus 1.0 at `/uploads`.',
      'Where the site lets everyone look at public datasets, what says `security: {}` needs no signing in for those.',
      'Lists take `limit` and `cursor`, and answer `items` and `nextCursor`, which is null at the end.',
      'Requests are counted by person and by key, or by address where nobody is signed in: see the headers `RateLimit-*`, and `Retry-After` with 429.',
    ].join('\n\n'),
    version: '1',
    baseUrl: `${baseUrl}/api/v1`,
    securitySchemes: {
      session: { type: 'apiKey', in: 'cookie', name: 'granary_session' },
      apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of yours.' },
    },
  };
  const document = generateOpenApiDocument(appRouter, options);
  for (const path of Object.values(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = path[method];
      if (operation) complete(operation, method);
    }
  }
  document.paths = { ...document.paths, ...(STREAMS as NonNullable<Document['paths']>) };
  for (const path of Object.values(STREAMS)) path.get.responses = { ...path.get.responses, ...errorsOf('get', 'see') };
  const { securitySchemes } = document.components ?? {};
  document.components = { ...(securitySchemes ? { securitySchemes } : {}), schemas: { Error: ERROR_SCHEMA } };
  return document;
}

function complete(operation: Operation, method: (typeof METHODS)[number]): void {
  const meta = metaOf(operation.operationId?.replace('-', '.'));
  const success = operation.responses?.['200'];
  if (success) describeSuccess(success, operation.summary ?? '');
  const body = operation.requestBody;
  if (body && 'content' in body) addExample(body.content['application/json']);
  const access = meta?.access ?? 'anyone';
  operation.security = access === 'anyone' ? [] : securityOf(meta?.isOpen === true);
  operation.responses = {
    ...(success ? { [String(meta?.status ?? 200)]: success } : {}),
    ...errorsOf(method, access, meta?.errors),
  };
}

function describeSuccess(answer: Answer, summary: string): void {
  if ('$ref' in answer) return;
  Object.assign(answer, { description: summary });
  addExample('content' in answer ? answer.content?.['application/json'] : undefined);
}

function addExample(media: { schema?: unknown; example?: unknown } | undefined): void {
  if (media?.schema) media.example = exampleOf(media.schema as JsonSchema);
}

const ERROR_SCHEMA = {
  type: 'object' as const,
  required: ['code', 'message'],
  properties: {
    code: { type: 'string' as const, enum: Object.keys(ERRORS), description: 'What programs compare.' },
    message: { type: 'string' as const, description: 'What went wrong, for people.' },
    hint: { type: 'string' as const, description: 'What to do next.' },
    present: { type: 'object' as const, description: 'What there is instead of what the request was based on.' },
    issues: {
      type: 'array' as const,
      description: 'What is wrong with each field.',
      items: {
        type: 'object' as const,
        required: ['path', 'message'],
        properties: {
          path: { type: 'string' as const },
          message: { type: 'string' as const },
          code: { type: 'string' as const },
          limit: { type: 'number' as const },
        },
      },
    },
  },
};

type Code = keyof typeof ERRORS;
type Access = NonNullable<ProcedureMeta['access']>;

/** Which errors a call may meet: what holds for all of its kind. */
function errorsOf(method: string, access: Access, more: readonly Code[] = []): Responses {
  const codes: Code[] = [
    'invalid_input',
    ...(access === 'anyone'
      ? (['too_many_attempts'] as const)
      : (['not_signed_in', 'forbidden', 'too_many_requests'] as const)),
    ...(access === 'edit' || access === 'manage' ? (['in_trash'] as const) : []),
    ...(access === 'restore' ? (['not_in_trash'] as const) : []),
    ...(method === 'get' ? [] : (['foreign_origin', 'wrong_state'] as const)),
    ...more,
    'not_found',
    'internal',
    'unavailable',
    'disk_full',
  ];
  const byStatus = Map.groupBy(new Set(codes), (code) => String(ERRORS[code].status));
  return Object.fromEntries([...byStatus].map(([status, some]) => [status, errorAnswer(some)]));
}

function errorAnswer(codes: readonly Code[]): Answer {
  const examples = codes.map((code) => {
    const { message, hint }: { message: string; hint?: string } = ERRORS[code];
    return [code, { value: { code, message, ...(hint ? { hint } : {}) } }] as const;
  });
  return {
    description: codes.map((code) => ERRORS[code].message).join(' Or: '),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(examples),
      },
    },
  };
}
