import type { FindingCode, Sql } from '@granary/db';

const BATCH = 500;

export interface Finding {
  code: FindingCode;
  datasetId: string | null;
  subject: string;
  storageKey?: string;
  sizeBytes?: number;
  details?: Record<string, string | number | null>;
}

/** Findings on their way into their table, and what was looked at. */
export class Findings {
  readonly #sql: Sql;
  readonly #checkId: string;
  #waiting: Finding[] = [];
  objects = 0;
  files = 0;
  datasets = 0;
  readonly busy: string[] = [];
  total = 0;

  constructor(sql: Sql, checkId: string) {
    this.#sql = sql;
    this.#checkId = checkId;
  }

  /** What an earlier attempt has found is found anew. */
  async begin(): Promise<void> {
    await this.#sql`delete from integrity_findings where check_id = ${this.#checkId}`;
  }

  async add(finding: Finding): Promise<void> {
    this.total++;
    this.#waiting.push(finding);
    if (this.#waiting.length >= BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    const sql = this.#sql;
    if (rows.length > 0) {
      await sql`insert into integrity_findings (check_id, code, dataset_id, subject, storage_key, size, details)
        select ${this.#checkId}, code, dataset_id, subject, storage_key, size, details::jsonb from unnest(${rows.map((row) => row.code)}::text[], ${rows.map((row) => row.datasetId)}::text[],
          ${rows.map((row) => row.subject)}::text[], ${rows.map((row) => row.storageKey ?? null)}::text[],
          ${rows.map((row) => row.sizeBytes ?? null)}::bigint[], ${rows.map((row) => JSON.stringify(row.details ?? {}))}::text[])
          f(code, dataset_id, subject, storage_key, size, details)`;
    }
    await sql`update integrity_checks set objects = ${this.objects}, files = ${this.files}, datasets = ${this.datasets},
      busy = ${this.busy}, findings = ${this.total} where id = ${this.#checkId}`;
  }

  async end(): Promise<void> {
    await this.flush();
    await this.#sql`update integrity_checks set finished_at = now() where id = ${this.#checkId}`;
  }
}
