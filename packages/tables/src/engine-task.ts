import { setTimeout as wait } from 'node:timers/promises';
import type { ChildProgram } from '@granary/processes/child-program';
import { EngineError, errorOf, type Reply, type TaskRequest } from './engine-messages.ts';

export interface TaskOptions {
  signal: AbortSignal;
  /** A task that takes longer is ended. */
  timeoutMs?: number;
}

/** A task that does not end by itself when it is told to is ended. */
const PATIENCE_MS = 3000;

let serial = 0;

/**
 * Has one task done by a process that has no other.
 * @param use takes the parts of a result, one after the other
 * @throws EngineError when the process has died, and whatever the task throws
 */
export async function doTask(
  child: ChildProgram<Reply>,
  asked: Omit<TaskRequest, 'id'>,
  { signal, timeoutMs }: TaskOptions,
  use?: (part: unknown) => Promise<void>,
): Promise<unknown> {
  const id = ++serial;
  const over = new AbortController();
  const timer = timeoutMs
    ? setTimeout(() => child.kill(`it took longer than ${Math.round(timeoutMs / 60_000)} minutes`), timeoutMs)
    : undefined;
  const stop = () => {
    child.send({ id, stop: true });
    void wait(PATIENCE_MS, undefined, { signal: over.signal, ref: false }).then(
      () => child.kill('it was stopped'),
      () => {},
    );
  };
  try {
    const replies = repliesTo(id, child);
    child.send({ id, ...asked });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    for await (const reply of replies) {
      if ('part' in reply) {
        try {
          await use?.(reply.part);
        } catch (error) {
          stop();
          await drained(replies);
          throw error;
        }
        child.send({ id, next: true });
        continue;
      }
      if ('result' in reply) return reply.result;
      signal.throwIfAborted();
      throw errorOf(reply.error);
    }
    throw new EngineError('the process that reads tables has ended');
  } finally {
    over.abort();
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function drained(replies: AsyncGenerator<Reply>): Promise<void> {
  try {
    for await (const reply of replies) if (!('part' in reply)) return;
  } catch {
    // It has ended, and that is what was wanted.
  }
}

async function* repliesTo(id: number, child: ChildProgram<Reply>): AsyncGenerator<Reply> {
  const queue: Reply[] = [];
  let wake = () => {};
  let goneReason: string | null = null;
  const unlisten = child.listen((reply) => {
    if (reply.id !== id) return;
    queue.push(reply);
    wake();
  });
  void child.gone.then((reason) => {
    goneReason = reason;
    wake();
  });
  try {
    for (;;) {
      for (let reply = queue.shift(); reply; reply = queue.shift()) yield reply;
      if (goneReason !== null) throw new EngineError(goneReason);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (queue.length > 0 || goneReason !== null) resolve();
      });
    }
  } finally {
    unlisten();
  }
}
