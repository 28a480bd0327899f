import type { ImageDecoder } from '@granary/core/images/decoding/decoder';
import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import type { Tables } from '@granary/tables';
import type { Logger } from 'pino';
import type { Env } from './env.ts';

/** What is there for a job that is done apart, and for every other. */
export interface ApartContext {
  env: Env;
  log: Logger;
  database: Database;
  store: ObjectStore;
  tables: Tables;
}

/** What every job has. */
export interface WorkerContext extends ApartContext {
  images: ImageDecoder;
}
