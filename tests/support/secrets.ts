import type { Sql } from '@granary/db';

/** Everything that every table of a database holds, the queue's and the audit log's, too, as one text. */
export async function wordsOfDatabase(sql: Sql): Promise<string> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
  const words: string[] = [];
  for (const { schema, name } of tables) {
    const rows = await sql.unsafe(`select t::text as row from "${schema}"."${name}" t`);
    words.push(...rows.map(({ row }) => row));
  }
  return words.join('\n');
}
