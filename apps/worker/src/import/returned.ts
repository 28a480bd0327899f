import type { DatasetSession } from '../session.ts';

/** Stages the files that come back, to be read with all others; the content stays in `history/` until the commit. */
export async function stageRevert({ sql }: DatasetSession, importId: string): Promise<number> {
  const [counts] = await sql.begin(async (tx) => {
    await tx`delete from import_files where import_id = ${importId}`;
    // What only was said of a file is read anew.
    await tx`delete from closing_files c using returning_files r where r.id = c.id`;
    return tx<{ images: number }[]>`
      with staged as (
        insert into import_files (import_id, id, path, size, sha256, mime, kind, width, height, problem, storage_key)
        select ${importId}, r.id, r.path, r.size, r.sha256, r.mime,
          case when r.width is not null or r.problem is not null then 'image' when r.kind = 'data' then 'data' else 'other' end,
          r.width, r.height, r.problem, r.storage_key
        from returning_files r where not exists (select 1 from dataset_files f where f.id = r.id and f.removed_in is null) returning kind)
      select (count(*) filter (where kind = 'image'))::float8 as images from staged`;
  });
  return counts?.images ?? 0;
}
