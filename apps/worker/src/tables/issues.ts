import type { IssueCode } from '@granary/formats';
import type { Sql, TransactionSql } from 'postgres';

/** Where findings stand that no entry of an upload has. */
const NO_UPLOAD = -1;

/** Puts findings on record until the import's report is written; those that are there stay. */
export async function keepIssues(
  sql: Sql | TransactionSql,
  importId: string,
  issues: readonly { code: IssueCode; path: string; detail: string }[],
): Promise<void> {
  if (issues.length === 0) return;
  const [last] = await sql<
    { entry: number | null }[]
  >`select max(entry) as entry from import_issues where import_id = ${importId} and upload = ${NO_UPLOAD}`;
  const first = (last?.entry ?? -1) + 1;
  await sql`insert into import_issues (import_id, upload, entry, code, path, detail)
    select ${importId}, ${NO_UPLOAD}, ${first} + n - 1, code, path, detail
    from unnest(${issues.map(({ code }) => code)}::text[], ${issues.map(({ path }) => path)}::text[],
      ${issues.map(({ detail }) => detail)}::text[]) with ordinality as i(code, path, detail, n)
    where not exists (select 1 from import_issues known where known.import_id = ${importId}
      and known.code = i.code and known.path = i.path and known.detail = i.detail)`;
}
