import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installQueues } from '@granary/core/queue/queue';
import { migrate, openSql } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { createTemplate } from '@granary/db/testing';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL server that holds the migrated template database. */
    serverUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'granary-test-server-'));
  const postgres = await startEmbeddedPostgres(join(dir, 'postgres'));
  await letMakeDatabases(postgres.adminUrl);
  const template = await createTemplate(postgres.url);
  await migrate(template);
  await installQueues(template);
  project.provide('serverUrl', postgres.url);
  return async () => {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}

/** Each test file has databases of its own; all else the application's role may do as little as in earnest. */
async function letMakeDatabases(adminUrl: string): Promise<void> {
  const sql = openSql(adminUrl, { max: 1 });
  await sql`alter role granary_app createdb`;
  await sql.end();
}
