import { timingSafeEqual } from 'node:crypto';
import { hashOf } from '@granary/core/secrets/random-token';
import { measuredStore } from '@granary/core/services/measured-store';
import { measureSite, type SiteMeasures } from '@granary/core/site/measures';
import type { RequestHandler } from 'express';
import ipaddr from 'ipaddr.js';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { WebServices } from './context.ts';
import type { Env } from './env.ts';

type Store = WebServices['store'];

/** What a monitor reads of this process, and through it of the site. */
export interface Metrics {
  /** Answers Prometheus' text format. */
  answer(services: Pick<WebServices, 'database'>): RequestHandler;
  /** Counts every request, and how long its answer took. */
  count: RequestHandler;
  /** The store, with its calls timed and its errors counted. */
  timed(store: Store): Store;
}

/** Where a request goes; paths themselves are too many, and hold ids. */
const AREAS = ['/api', '/trpc', '/uploads', '/assets', '/healthz', '/readyz', '/metrics'];
const SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];

export function createMetrics(env: Pick<Env, 'GRANARY_METRICS_TOKEN'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: 'granary_http_request_seconds',
    help: 'Requests by where they went and how they were answered, and how long that took.',
    labelNames: ['method', 'area', 'status'],
    buckets: SECONDS,
    registers,
  });
  const calls = new Histogram({
    name: 'granary_store_call_seconds',
    help: 'Calls of the store by this process, until they were answered.',
    labelNames: ['call', 'outcome'],
    buckets: SECONDS,
    registers,
  });
  const show = siteGauges(registry);
  return {
    count: (req, res, next) => {
      const area = AREAS.find((one) => req.path === one || req.path.startsWith(`${one}/`)) ?? 'page';
      const end = requests.startTimer();
      // Of what stands on the way to an answer, more than ten wait for its end.
      res.setMaxListeners(30);
      res.once('close', () => {
        const status = res.writableFinished ? String(res.statusCode) : 'gone';
        end({ method: knownMethod(req.method), area, status });
      });
      next();
    },
    timed: (store) => measuredStore(store, (call, outcome, seconds) => calls.observe({ call, outcome }, seconds)),
    answer:
      ({ database: { sql } }) =>
      (req, res, next) => {
        const isFromHere = ipaddr.process(req.socket.remoteAddress ?? '0.0.0.0').range() === 'loopback';
        // A proxy of this machine asks for others.
        const isDirect = isFromHere && ['x-forwarded-for', 'forwarded', 'via'].every((name) => !req.headers[name]);
        if (env.GRANARY_METRICS_TOKEN ? !bears(req.headers.authorization, env.GRANARY_METRICS_TOKEN) : !isDirect)
          return void res.status(404).type('text/plain').send('There is nothing here.');
        measureSite(sql)
          .then(async (measures) => {
            show(measures);
            res
              .set({ 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' })
              .send(await registry.metrics());
          })
          .catch(next);
      },
  };
}

/** What one does not know of a method is whatever somebody sends. */
const knownMethod = (method: string): string =>
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';

const bears = (authorization: string | undefined, token: string): boolean =>
  timingSafeEqual(Buffer.from(hashOf(authorization ?? '')), Buffer.from(hashOf(`Bearer ${token}`)));

/** @returns what sets them */
function siteGauges(registry: Registry): (measures: SiteMeasures) => void {
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const jobs = gauge('granary_jobs', 'Jobs on record, by kind and state.', ['kind', 'state']);
  const oldest = gauge('granary_queue_oldest_seconds', 'How long the job that has waited longest waits.', ['kind']);
  const bytes = gauge('granary_bytes', 'Bytes that are kept.', ['of']);
  const connections = gauge('granary_postgres_connections', 'Connections of all processes.', ['name', 'state']);
  const labels = ['worker', 'call', 'outcome'];
  const calls = gauge('granary_worker_store_calls', 'Calls of the store by each worker since it began.', labels);
  const seconds = gauge('granary_worker_store_call_seconds', 'How long those took until they were answered.', labels);
  return (measures) => {
    for (const one of [jobs, oldest, bytes, connections, calls, seconds]) one.reset();
    for (const { count, seconds: spent, ...labels } of measures.storeCalls) {
      calls.set(labels, count);
      seconds.set(labels, spent);
    }
    for (const { count, ...labels } of measures.jobs) jobs.set(labels, count);
    for (const { seconds, ...labels } of measures.oldest) oldest.set(labels, seconds);
    for (const { bytes: count, ...labels } of measures.bytes) bytes.set(labels, count);
    for (const { count, ...labels } of measures.connections) connections.set(labels, count);
  };
}
