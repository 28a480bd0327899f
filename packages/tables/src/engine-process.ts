import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { beChild } from '@granary/processes/be-child';
import { type ProcessSettings, type Reply, sentError, type TaskRequest } from './engine-messages.ts';
import { type TaskContext, type Tasks, tasks } from './tasks.ts';

// A program of its own: does one task after the other for the process that has begun it, and ends with it.

type Message = TaskRequest | { id: number; stop: true } | { id: number; next: true };

let instance: { key: string; opened: Promise<DuckDBInstance> } | undefined;
let current: { id: number; stop: () => void; next: () => void } | undefined;

const { tell } = beChild<Message, Reply>((message) => {
  if ('stop' in message) {
    if (current?.id === message.id) current.stop();
  } else if ('next' in message) {
    if (current?.id === message.id) current.next();
  } else void answer(message);
});

async function answer({ id, name, input, settings }: TaskRequest): Promise<void> {
  const stopping = new AbortController();
  let connection: DuckDBConnection | undefined;
  let wake = () => {};
  current = {
    id,
    stop: () => {
      stopping.abort();
      connection?.interrupt();
      wake();
    },
    next: () => wake(),
  };
  try {
    connection = await (await open(settings)).connect();
    const context: TaskContext = {
      connection,
      signal: stopping.signal,
      hand: async (part) => {
        stopping.signal.throwIfAborted();
        const taken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        tell({ id, part });
        await taken;
        stopping.signal.throwIfAborted();
      },
    };
    if (!isTask(name)) throw new Error(`there is no task ${name}`);
    const task: (context: TaskContext, input: never) => Promise<unknown> = tasks[name];
    tell({ id, result: await task(context, input as never) });
  } catch (error) {
    const sent = sentError(error);
    tell({ id, error: sent });
    // After an error of its own the engine answers nothing any more.
    if (/^(?:INTERNAL|FATAL) /.test(sent.message)) setImmediate(() => process.disconnect?.());
  } finally {
    connection?.closeSync();
  }
}

const isTask = (name: string): name is keyof Tasks => Object.hasOwn(tasks, name);

/** DuckDB reads files of this machine only, and fetches nothing. */
function open({ memoryMb, threads, scratchDir }: ProcessSettings): Promise<DuckDBInstance> {
  const key = `${memoryMb} ${threads} ${scratchDir}`;
  if (instance?.key !== key) {
    const opened = DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryMb}MB`,
      threads: String(threads),
      temp_directory: scratchDir,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    instance = { key, opened };
  }
  return instance.opened;
}
