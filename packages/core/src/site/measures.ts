import type { Sql, StoreCall } from '@granary/db';

/** What a monitor wants to know of the whole site, whichever process it asks. */
export interface SiteMeasures {
  jobs: { kind: string; state: string; count: number }[];
  /** Seconds since the job that has waited longest was asked for. */
  oldest: { kind: string; seconds: number }[];
  bytes: { of: 'datasets' | 'trash' | 'backups' | 'exports' | 'uploads'; bytes: number }[];
  connections: { name: string; state: string; count: number }[];
  /** Of each worker that is alive. */
  storeCalls: (StoreCall & { worker: string })[];
}

export async function measureSite(sql: Sql): Promise<SiteMeasures> {
  const [jobs, oldest, bytes, connections, storeCalls] = await Promise.all([
    sql<SiteMeasures['jobs']>`select kind, state, count(*)::int as count from activities group by 1, 2`,
    sql<SiteMeasures['oldest']>`
      select kind, extract(epoch from now() - min(created_at))::float8 as seconds from activities
      where state = 'queued' and not pause_requested group by 1`,
    sql<SiteMeasures['bytes']>`
      select case when deleted_at is null then 'datasets' else 'trash' end as of, sum(size_bytes)::float8 as bytes from datasets group by 1
      union all select 'backups', coalesce(sum(size), 0)::float8 from backups where state = 'verified'
      union all select 'exports', coalesce(sum(size), 0)::float8 from exports where state = 'completed'
      union all select 'uploads', coalesce(sum("offset"), 0)::float8 from uploads where state in ('uploading', 'finished')`,
    sql<SiteMeasures['connections']>`
      select split_part(application_name, ' ', 1) as name, coalesce(state, 'unknown') as state, count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name like 'granary%' group by 1, 2`,
    sql<SiteMeasures['storeCalls']>`
      select host || ':' || pid as worker, c.* from workers,
        jsonb_to_recordset(store_calls) as c(call text, outcome text, count float8, seconds float8)
      where seen_at > now() - interval '1 minute'`,
  ]);
  return { jobs, oldest, bytes, connections, storeCalls };
}
