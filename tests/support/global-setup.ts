import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installQueues } from '@granary/core/queue/queue';
import { migrate } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { createTemplate } from '@granary/db/testing';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL server that holds the migrated template database. */
    serverUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const dir = mkdtempSync(join(tmpdir(), 'granary-test-server-'));
  const postgres = await startEmbeddedPostgres(join(dir, 'postgres'));
  const template = await createTemplate(postgres.url);
  await migrate(template);
  await installQueues(template);
  project.provide('serverUrl', postgres.url);
  return () => {
    postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
