import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { useGranary } from '../support/world.ts';

interface Span {
  traceId: string;
  name: string;
  kind: number;
}

const logFile = join(mkdtempSync(join(tmpdir(), 'granary-test-log-')), 'log');
/** What a collector of traces was sent, by service. */
const sent: { service: string; spans: Span[] }[] = [];
const collector = createServer(async (req, res) => {
  const body = (await req.toArray()).join('');
  for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
    const service = resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value.stringValue;
    sent.push({ service, spans: scopeSpans.flatMap(({ spans }: { spans: Span[] }) => spans) });
  }
  res.end('{}');
});
let endpoint = '';
beforeAll(async () => {
  await new Promise<void>((ready) => collector.listen(0, '127.0.0.1', ready));
  const address = collector.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterAll(() => collector.close());

const granary = useGranary(() => ({
  logFile,
  env: { LOG_LEVEL: 'info', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '200' },
}));

/** The value of a line, by its name and labels as they are written. */
const measured = (text: string, line: string): number =>
  Number(
    text
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
      ?.slice(line.length) ?? Number.NaN,
  );

test('measures tell of requests, jobs, bytes, connections and the store', async () => {
  const person = await granary.person();
  const id = await person.createDataset();
  await person.importArchive(id, 'a.zip', await zipOf(await yoloDataset(2)));
  await person.content(id, 'data.yaml');
  const answer = await granary.nobody().raw('GET', '/metrics');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const text = await answer.text();
  expect(measured(text, 'granary_jobs{kind="import",state="completed"}')).toBe(1);
  expect(measured(text, 'granary_bytes{of="datasets"}')).toBeGreaterThan(0);
  expect(text).toMatch(/^granary_postgres_connections\{name="granary-worker",state="\w+"\} [1-9]/m);
  expect(measured(text, 'granary_http_request_seconds_count{method="POST",area="/uploads",status="201"}')).toBe(1);
  expect(measured(text, 'granary_store_call_seconds_count{call="get",outcome="ok"}')).toBeGreaterThan(0);
  expect(measured(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e7);
});

test('measures tell of what the workers ask of the store, also while they read what people bring', async () => {
  const puts = async () => {
    const text = await (await granary.nobody().raw('GET', '/metrics')).text();
    const line = /^granary_worker_store_calls\{worker="[^"]+",call="put",outcome="ok"\} (\d+)/m.exec(text);
    return Number(line?.[1] ?? 0);
  };
  await expect.poll(puts, { timeout: 30_000, interval: 500 }).toBeGreaterThan(4);
});

test('measures are for this machine, or for who has the token', async () => {
  const status = async (base: string, headers: Record<string, string>) =>
    (await fetch(new URL('/metrics', base), { headers })).status;
  expect(await status(granary.url, { 'x-forwarded-for': '203.0.113.9' })).toBe(404);
  const token = 'a token of the monitor';
  const other = await granary.anotherWeb({ GRANARY_METRICS_TOKEN: token });
  expect(await status(other, {})).toBe(404);
  expect(await status(other, { authorization: 'Bearer another one, as long' })).toBe(404);
  expect(await status(other, { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.9' })).toBe(200);
});

test('a request has a line in the log, by the id that its answer carries', async () => {
  const { headers } = await granary.nobody().json('GET', '/api/v1/datasets?secret=of-a-query');
  const id = headers.get('x-request-id') ?? '';
  const lines = () =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(id));
  await expect.poll(lines).toHaveLength(1);
  const line = JSON.parse(lines()[0] ?? '');
  expect(line).toMatchObject({
    app: 'web',
    req: { id, method: 'GET', path: '/api/v1/datasets' },
    res: { status: 401 },
  });
  expect(readFileSync(logFile, 'utf8')).not.toContain('of-a-query');
});

test('requests and jobs are traced, and go on with the trace of who asks', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const { headers } = await granary.nobody().json('GET', '/api/v1/datasets', undefined, { traceparent });
  expect(headers.get('traceparent')).toContain(traceId);
  const spans = (service: string) => sent.filter((one) => one.service === service).flatMap((one) => one.spans);
  await expect.poll(() => spans('granary-web').map((span) => span.traceId)).toContain(traceId);
  await expect.poll(() => spans('granary-worker').map(({ name }) => name)).toContain('import');
});
