import { createServer } from 'node:http';
import { createLog } from '@granary/core/services/log';
import { openServices } from '@granary/core/services/open';
import { openTracer } from '@granary/core/services/tracing';
import { createApp } from './app.ts';
import { readEnv } from './env.ts';
import { createMetrics } from './metrics.ts';
import { loadPages } from './pages.ts';

/** How long open requests may take to end when the process is asked to stop. */
const DRAIN_SECONDS = 10;

// What this process writes, nobody else on the machine reads.
process.umask(0o077);

const env = readEnv();
const log = createLog('web', env.LOG_LEVEL);
const { services, close } = await openServices(env, log, 'granary-web');

const server = createServer();
// Uploads may take hours; a client that says nothing for a while is cut off by the socket's own timeout instead.
server.requestTimeout = 0;
server.headersTimeout = 30_000;
server.keepAliveTimeout = 65_000;
server.setTimeout(120_000);
const metrics = createMetrics(env);
const tracer = await openTracer(env, 'granary-web');
const timed = { ...services, store: metrics.timed(services.store), url: env.GRANARY_URL };
server.on('request', await createApp(env, timed, { pages: await loadPages(env, server), metrics, tracer }));
server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE'
      ? `Port ${env.PORT} on ${env.HOST} is taken by another program. Set PORT to a free one, for example: PORT=3001 npm start`
      : `The web server can't listen on ${env.HOST}:${env.PORT}: ${error.message}`,
  );
  process.exit(1);
});
server.listen(env.PORT, env.HOST, () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : env.PORT;
  log.info({ host: env.HOST, port }, 'web started');
  process.send?.({ ready: true, port });
});

// Something failed where nobody waits for it: what is half done is taken up by the process that follows this one.
process.on('unhandledRejection', (error) => {
  log.fatal({ err: error }, 'unhandled');
  process.exit(1);
});

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log.info('web stops');
  const closed = new Promise((done) => server.close(done));
  server.closeIdleConnections();
  await Promise.race([closed, new Promise((wake) => setTimeout(wake, DRAIN_SECONDS * 1000).unref())]);
  server.closeAllConnections();
  await tracer?.stop().catch((error) => log.warn({ err: error }, 'traces were not sent'));
  await close();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
// The launcher is gone: nobody would stop this process otherwise.
process.on('disconnect', () => void stop());
