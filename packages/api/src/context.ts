import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import type { Logger } from 'pino';
import type { Person } from './auth/sessions.ts';
import type { EventBus } from './events.ts';
import type { JobQueue } from './jobs/queue.ts';

/** What a process has, whoever asks. */
export interface Services {
  database: Database;
  store: ObjectStore;
  queue: JobQueue;
  events: EventBus;
  log: Logger;
}

/** What a procedure gets. */
export interface Context extends Services {
  requestId: string;
  person: Person | null;
  sessionToken: string | null;
  ip: string | null;
  /** True when the person's connection is TLS, be it at a proxy. */
  isSecure: boolean;
  setHeader(name: string, value: string): void;
}
