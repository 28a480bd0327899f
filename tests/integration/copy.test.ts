import { connect } from '@granary/db';
import { cloneTemplate } from '@granary/db/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { copyRows, type DatasetSession, openSession } from '../../apps/worker/src/session.ts';

let session: DatasetSession;
let url: string;
let drop: () => Promise<void>;
beforeAll(async () => {
  ({ url, drop } = await cloneTemplate(inject('serverUrl')));
  session = await openSession(url, 'd', AbortSignal.timeout(10_000));
  await session.sql`create temp table copied (number int, text text)`;
});
afterAll(async () => {
  await session.close();
  await drop();
});

const columns = ['number', 'text'];
const manyRows = Array.from({ length: 20_000 }, (_, i) => [i, 'x'.repeat(100)]);

test.each([
  ['the only row', [[4294967296, 'a']]],
  ['the first of many rows', [[4294967296, 'a'], ...manyRows]],
  ['the last of many rows', [...manyRows, [4294967296, 'a']]],
])('COPY fails by %s, and the connection goes on', async (_, rows) => {
  await expect(copyRows(session.sql, 'copied', columns, rows)).rejects.toMatchObject({ code: '22003' });
  await copyRows(session.sql, 'copied', columns, [[7, 'after it']]);
  expect(await session.sql`delete from copied returning number, text`).toEqual([{ number: 7, text: 'after it' }]);
});

test('a failed COPY ends its transaction', async () => {
  const written = session.sql.begin(async (tx) => {
    await copyRows(tx, 'copied', columns, [[1, 'a']]);
    await copyRows(tx, 'copied', columns, [[2 ** 40, 'b']]);
  });
  await expect(written).rejects.toMatchObject({ code: '22003' });
  expect(await session.sql`select from copied`).toHaveLength(0);
});

test('COPY fails when its connection is dropped', async () => {
  const other = await openSession(url, 'other', AbortSignal.timeout(10_000));
  const database = connect(url, { max: 2 });
  try {
    const [backend] = await other.sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
    await database.sql`create table waits (number int, text text)`;
    // The COPY waits for the table when its connection goes.
    await database.sql.begin(async (tx) => {
      await tx`lock table waits`;
      const copying = copyRows(other.sql, 'waits', columns, manyRows);
      copying.catch(() => {});
      await expect
        .poll(() => tx`select from pg_stat_activity where pid = ${backend?.pid ?? 0} and wait_event_type = 'Lock'`)
        .toHaveLength(1);
      await tx`select pg_terminate_backend(${backend?.pid ?? 0})`;
      await expect(copying).rejects.toThrow();
    });
  } finally {
    await database.close();
    await other.close();
  }
});
