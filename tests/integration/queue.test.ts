import { JobQueue } from '@granary/core/queue/queue';
import { connect } from '@granary/db';
import { cloneTemplate } from '@granary/db/testing';
import { expect, inject, test, vi } from 'vitest';

test('a connection that the queue loses is logged', async () => {
  const { url, drop } = await cloneTemplate(inject('serverUrl'));
  const database = connect(url, { max: 1 });
  const logged: unknown[] = [];
  const queue = new JobQueue(url, { error: (...said: unknown[]) => logged.push(said) });
  await queue.start();
  try {
    await database.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'pgboss'`;
    await vi.waitFor(() => expect(logged).toEqual([[{ err: expect.any(Error) }, 'queue']]), { timeout: 10_000 });
  } finally {
    await queue.stop();
    await database.close();
    await drop();
  }
});
