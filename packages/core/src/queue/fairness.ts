import type { Transaction } from '@granary/db';
import { sql } from 'drizzle-orm';
import type { JobName } from './definitions.ts';

/**
 * The round in which a job has its turn, as in start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996): in each round
 * everyone who waits has one job, and people of one organization share its turn. Who has nothing waiting joins the round
 * that is on. Jobs are counted, not how long they take.
 *
 * @param activityId of the job, which is on record already
 */
export async function roundOf(transaction: Transaction, name: JobName, activityId: string): Promise<number> {
  const rows = await transaction.execute<{ round: number }>(sql`
    with waiting as (
      select -j.priority as round, a.created_by as person, d.organization_id as organization
      from pgboss.job j join activities a on a.id::text = j.data->>'activityId' left join datasets d on d.id = a.dataset_id
      where j.name = ${name} and j.state < 'active'
    ), own as (
      select a.created_by as person, d.organization_id as organization
      from activities a left join datasets d on d.id = a.dataset_id where a.id = ${activityId}
    )
    select greatest(
      coalesce((select min(round) from waiting), 0),
      (select max(w.round) from waiting w, own where w.person is not distinct from own.person)
        + (select greatest(1, count(distinct w.person)) from waiting w, own where w.organization = own.organization)
    )::int as round`);
  return rows[0]?.round ?? 0;
}
