import { setTimeout as sleep } from 'node:timers/promises';
import type { Known } from './belongings.ts';
import type { Caller } from './caller.ts';
import type { Tally } from './tally.ts';

export type Json = ReturnType<typeof JSON.parse>;

/** Whatever takes longer is stuck. */
export const STUCK_AFTER_MS = 10 * 60_000;

/** Waits for jobs; one that is stuck is a breach. */
export class Jobs {
  readonly #caller: Caller;
  readonly #tally: Tally;

  constructor(caller: Caller, tally: Tally) {
    this.#caller = caller;
    this.#tally = tally;
  }

  /** How a job ended; one whose reader was killed is told to be tried again, as the answer says. */
  async endOrAgain(jobId: string): Promise<Json> {
    const job = await this.end(jobId);
    if (job.error?.code !== 'reader_died') return job;
    this.#tally.count('jobs tried again after their reader had died');
    const said = await this.#caller.json('POST', `/api/v1/jobs/${jobId}/retry`);
    if (said.status !== 202 && said.status !== 200 && !said.isRepeated)
      throw new Error(`Not tried again: ${said.status} ${JSON.stringify(said.body)}`);
    return this.endOrAgain(said.body.jobId ?? jobId);
  }

  /** How a job ended; one that takes longer than ten minutes is stuck. */
  async end(jobId: string): Promise<Json> {
    const start = performance.now();
    for (let isTold = false; ; ) {
      const { status, body } = await this.#caller.json('GET', `/api/v1/jobs/${jobId}`);
      if (status !== 200) throw new Error(`The job ${jobId} is ${status}`);
      if (['completed', 'failed', 'cancelled'].includes(body.state)) {
        this.#tally.count(`jobs ${body.state}`);
        return body;
      }
      if (!isTold && performance.now() - start > STUCK_AFTER_MS) {
        isTold = true;
        this.#tally.break(`A job is stuck: ${JSON.stringify(body)}`);
      }
      if (performance.now() - start > 2 * STUCK_AFTER_MS) throw new Error(`The job ${jobId} never ended`);
      await sleep(300);
    }
  }

  /** Waits until nothing works on the dataset. */
  async settled(dataset: Known): Promise<void> {
    const start = performance.now();
    for (;;) {
      const { body } = await this.#caller.json('GET', `/api/v1/jobs?datasetId=${dataset.id}&active=true`);
      if (body.items.length === 0) return;
      if (performance.now() - start > STUCK_AFTER_MS) {
        this.#tally.break(`Jobs of ${dataset.name} are stuck: ${JSON.stringify(body.items).slice(0, 500)}`);
        return;
      }
      await sleep(500);
    }
  }
}
