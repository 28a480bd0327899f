import { setFlagsFromString } from 'node:v8';
import { ImageDecoder } from '@granary/core/images/decoding/decoder';
import { createLog } from '@granary/core/services/log';
import { measuredStore } from '@granary/core/services/measured-store';
import { openTracer } from '@granary/core/services/tracing';
import { connect, type Database } from '@granary/db';
import { openStore } from '@granary/storage';
import { Tables } from '@granary/tables';
import { readEnv } from './env.ts';
import { storeCalls } from './store-calls.ts';
import { connectionName, moved } from './watchdog.ts';
import { watchedStore } from './watched-store.ts';
import { startWorker } from './worker.ts';

// V8 guesses that what the readers of formats make is long-lived, and puts garbage where it is collected late: large
// annotation files took 500 MB instead of 320 (npm run bench coco).
setFlagsFromString('--no-allocation-site-pretenuring');

// What this process writes, nobody else on the machine reads.
process.umask(0o077);

const env = readEnv();
const log = createLog('worker', env.LOG_LEVEL);
const database: Database = connect(env.DATABASE_URL, { name: connectionName(process.pid), max: 6 });
const store = measuredStore(watchedStore(openStore(env)), (...call) => storeCalls.note(...call));
const images = new ImageDecoder();
const tables = new Tables(store, env, { onWork: moved });
const tracer = await openTracer(env, 'granary-worker');
const worker = await startWorker({ env, log, database, store, tables, images, tracer });
log.info('worker started');
process.send?.('ready');

// A failure that nobody awaited: the process ends, and the next one resumes what is half done.
process.on('unhandledRejection', (error) => {
  log.fatal({ err: error }, 'unhandled');
  process.exit(1);
});

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log.info('worker stops: finishing or handing back its jobs');
  await worker.stop();
  await tracer?.stop().catch((error) => log.warn({ err: error }, 'traces were not sent'));
  await database.close();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
// The launcher is gone: nobody would stop this process otherwise.
process.on('disconnect', () => void stop());
