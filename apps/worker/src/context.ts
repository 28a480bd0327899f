import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import type { Tables } from '@granary/tables';
import type { Logger } from 'pino';
import type { Env } from './env.ts';

/** What every job has. */
export interface WorkerContext {
  env: Env;
  log: Logger;
  database: Database;
  store: ObjectStore;
  tables: Tables;
}
