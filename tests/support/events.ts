import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { TestGranary } from './granary.ts';

const MIB = 1024 * 1024;

export interface Listened {
  errors: string[];
  requests: number;
  /** Seen by all listeners together. */
  events: number;
  /** Listeners who were told the end. */
  ended: number;
  beforeMib: number;
  peakMib: number;
  afterMib: number;
}

/** Many listen to one job that goes on all the while, and lists are asked for meanwhile. */
export async function listenAndAsk(
  granary: TestGranary,
  client: Client,
  {
    listeners,
    perSecond,
    seconds,
    settleSeconds = 0,
  }: {
    listeners: number;
    perSecond: number;
    seconds: number;
    /** Before memory is measured: garbage is collected some time after it came to be. */
    settleSeconds?: number;
  },
): Promise<Listened> {
  const { sql } = granary.database;
  const { id: userId } = (await client.json('GET', '/api/v1/auth/me')).body;
  const jobId = crypto.randomUUID();
  await sql`insert into activities (id, kind, state, created_by) values (${jobId}, 'import', 'running', ${userId})`;
  await sleep(settleSeconds * 1000);
  const result: Listened = {
    errors: [],
    requests: 0,
    events: 0,
    ended: 0,
    beforeMib: memory(granary),
    peakMib: 0,
    afterMib: 0,
  };
  const listening = Array.from({ length: listeners }, () => listen(client, jobId, result));
  const end = Date.now() + seconds * 1000;
  const asked: Promise<void>[] = [];
  for (let tick = 0; Date.now() < end; tick++) {
    asked.push(ask(client, result));
    if (tick % Math.max(1, Math.floor(perSecond / 2)) === 0) {
      const progress = Math.min(99, Math.floor((tick / (seconds * perSecond)) * 100));
      await sql`update activities set progress = ${progress}, message = ${`step ${tick}`} where id = ${jobId}`;
      await sql`select pg_notify('job_changed', ${jobId})`;
      result.peakMib = Math.max(result.peakMib, memory(granary));
    }
    await sleep(1000 / perSecond);
  }
  await sql`update activities set state = 'completed', progress = 100 where id = ${jobId}`;
  await sql`select pg_notify('job_changed', ${jobId})`;
  await Promise.all([...listening, ...asked]);
  await sleep(settleSeconds * 1000);
  return { ...result, afterMib: memory(granary) };
}

const memory = (granary: TestGranary): number => Math.round(granary.web.rss / MIB);

async function listen(client: Client, jobId: string, result: Listened): Promise<void> {
  try {
    const answer = await client.raw('GET', `/api/v1/jobs/${jobId}/events`);
    if (answer.status !== 200 || !answer.body) throw new Error(`events: ${answer.status} ${await answer.text()}`);
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of answer.body) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        if (part.startsWith('event: progress')) result.events++;
        if (part.startsWith('event: completed')) result.ended++;
      }
    }
  } catch (error) {
    result.errors.push(String(error));
  }
}

async function ask(client: Client, result: Listened): Promise<void> {
  try {
    const { status } = await client.json('GET', '/api/v1/datasets');
    if (status !== 200) throw new Error(`list: ${status}`);
    result.requests++;
  } catch (error) {
    result.errors.push(String(error));
  }
}
