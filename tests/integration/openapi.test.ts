import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { openApiDocument } from '@granary/api';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import openapiTS, { astToString } from 'openapi-typescript';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/paths.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary({ worker: false });
let owner: Client;
let document: ReturnType<typeof openApiDocument>;

beforeAll(async () => {
  owner = await granary.person('owner');
  document = (await owner.json<typeof document>('GET', '/api/openapi.json')).body;
});

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document) as never);
  expect([valid, errors]).toEqual([true, undefined]);
  expect(validator.version).toBe('3.1');
});

test('every operation has a summary, errors with a schema, and examples that are as their schemas say', () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, 'openapi');
  const wrong: string[] = [];
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const method of ['get', 'post', 'patch', 'delete'] as const) {
      const operation = operations[method];
      if (!operation) continue;
      const name = `${method} ${path}`;
      if (!operation.summary || !operation.operationId) wrong.push(`${name}: no summary`);
      for (const status of ['400', '500']) {
        const answer = operation.responses?.[status];
        if (!answer || !('content' in answer) || !answer.content?.['application/json']?.examples)
          wrong.push(`${name}: no ${status}`);
      }
      const bodies: [string, unknown][] = [
        ...Object.entries(operation.responses ?? {}),
        ...(operation.requestBody ? [['body', operation.requestBody] as [string, unknown]] : []),
      ];
      for (const [of, body] of bodies) {
        const media = (body as { content?: Record<string, { schema?: object; example?: unknown }> }).content?.[
          'application/json'
        ];
        if (!media?.schema || '$ref' in media.schema) continue;
        const validate = ajv.compile({ ...media.schema });
        if (!validate(media.example)) wrong.push(`${name} ${of}: ${ajv.errorsText(validate.errors)}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('a client that is generated from it compiles, and lists datasets', async () => {
  const dataset = await owner.createDataset('listed by a generated client');
  const { body: key } = await owner.json('POST', '/api/v1/api-keys', { name: 'generated', scopes: ['read'] });
  // Within the workspace, where its package is found.
  mkdirSync(join(root, 'test-results'), { recursive: true });
  const folder = mkdtempSync(join(root, 'test-results', 'generated-'));
  try {
    writeFileSync(join(folder, 'api.ts'), astToString(await openapiTS(document as never)));
    writeFileSync(
      join(folder, 'main.ts'),
      `import createClient from 'openapi-fetch';
import type { paths } from './api.ts';
const [baseUrl = '', key = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: \`Bearer \${key}\` } });
const { data, error } = await client.GET('/datasets', { params: { query: { limit: 10 } } });
if (error) throw new Error(error.message);
const names: string[] = data.items.map(({ name, numImages }) => \`\${name}: \${numImages.toFixed(0)}\`);
console.log(JSON.stringify(names));
`,
    );
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(root, 'tsconfig.base.json'), include: ['*.ts'] }),
    );
    const compiled = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
    expect([compiled.status, compiled.stdout]).toEqual([0, '']);
    const ran = spawnSync(process.execPath, [join(folder, 'main.ts'), `${granary.url}/api/v1`, key.secret], {
      encoding: 'utf8',
    });
    expect([ran.status, ran.stderr.replace(/.*ExperimentalWarning.*\n.*\n/, '')]).toEqual([0, '']);
    expect(JSON.parse(ran.stdout)).toEqual(['listed by a generated client: 0']);
    expect(dataset).toBeTruthy();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the viewer comes from here, with a policy of its own', async () => {
  const page = await owner.raw('GET', '/api/docs/');
  expect(page.status).toBe(200);
  const text = await page.text();
  expect(text).toContain('swagger-ui');
  expect(
    [...text.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, url]) => url)
      .filter((url) => /^(https?:)?\/\//.test(url ?? '')),
  ).toEqual([]);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
});
