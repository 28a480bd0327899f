import { sql } from 'drizzle-orm';
import { expect, inject, test } from 'vitest';
import { connect } from './client.ts';
import { cloneTemplate } from './testing.ts';

test('a connection keeps the statements of Drizzle, so that PostgreSQL plans each once', async () => {
  const { url, drop } = await cloneTemplate(inject('serverUrl'));
  const database = connect(url, { max: 1 });
  try {
    for (const number of [1, 2]) await database.db.execute(sql`select ${number}::int as "asked for often"`);
    const kept = await database.db.execute<{ statement: string }>(sql`select statement from pg_prepared_statements`);
    expect(kept.filter(({ statement }) => statement.includes('asked for often'))).toHaveLength(1);
  } finally {
    await database.close();
    await drop();
  }
});
