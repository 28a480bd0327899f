import { createLog } from '@granary/core/services/log';
import { measuredStore } from '@granary/core/services/measured-store';
import { connect } from '@granary/db';
import { beChild } from '@granary/processes/be-child';
import { openStore } from '@granary/storage';
import { Tables } from '@granary/tables';
import { type Asked, reasonOf, sentError, type Told } from './apart/messages.ts';
import type { ApartContext } from './context.ts';
import { readEnv } from './env.ts';
import { importUploads } from './jobs/import.ts';
import { restoreFromBackup } from './jobs/restore-backup.ts';
import { assertCurrent, type JobRun } from './runner.ts';
import { storeCalls } from './store-calls.ts';
import { connectionName, moved, watchedFrom } from './watchdog.ts';
import { watchedStore } from './watched-store.ts';

// A program of its own: does one attempt after the other for the worker that has begun it.

const MOVED_EVERY_MS = 250;

process.umask(0o077);

const env = readEnv();
const log = createLog('worker', env.LOG_LEVEL);
const store = measuredStore(watchedStore(openStore(env)), (...call) => storeCalls.note(...call));
const context: ApartContext = {
  env,
  log,
  store,
  database: connect(env.DATABASE_URL, { name: connectionName(process.ppid), max: 4 }),
  tables: new Tables(store, env, { onWork: moved }),
};

let abort = new AbortController();
let movedAt = 0;

const { tell } = beChild<Asked, Told>((asked) => {
  if (asked.kind === 'stop') abort.abort(reasonOf(asked.reason));
  else void attempt(asked);
});

async function attempt(asked: Extract<Asked, { kind: 'run' }>): Promise<void> {
  abort = new AbortController();
  const { name, activityId, attempt } = asked;
  const run: JobRun = {
    activityId,
    attempt,
    signal: abort.signal,
    log: log.child({ job: name, id: activityId, attempt }),
    progress: (...progress) => tell({ kind: 'progress', progress }),
    assertCurrent: (transaction) => assertCurrent(transaction, activityId, attempt),
  };
  try {
    await watchedFrom({ moved: tellMoved }, () =>
      asked.name === 'import'
        ? importUploads(context, asked.payload, run)
        : restoreFromBackup(context, asked.payload, run),
    );
    tellCalls();
    tell({ kind: 'done' });
  } catch (error) {
    tellCalls();
    tell({ kind: 'failed', error: sentError(error) });
  }
}

const tellCalls = (): void => tell({ kind: 'stored', calls: storeCalls.take() });

function tellMoved(): void {
  const now = performance.now();
  if (now - movedAt < MOVED_EVERY_MS) return;
  movedAt = now;
  tell({ kind: 'moved' });
  tellCalls();
}

// Something failed where nobody waits for it, as when PostgreSQL goes away: that is this attempt's error, and the end of
// what is half done here.
const fail = (error: unknown): void => {
  log.error({ err: error }, 'unhandled');
  tell({ kind: 'failed', error: sentError(error) });
  process.disconnect?.();
};
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);
