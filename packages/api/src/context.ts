import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import type { Logger } from 'pino';
import type { Person } from './auth/sessions.ts';
import type { EventBus } from './events.ts';
import type { JobQueue } from './jobs/queue.ts';
import type { RetentionSettings } from './settings.ts';

/** What a process has, whoever asks. */
export interface Services {
  database: Database;
  store: ObjectStore;
  queue: JobQueue;
  events: EventBus;
  log: Logger;
  retention: RetentionSettings;
}

/** What a procedure gets. */
export interface Context extends Services {
  requestId: string;
  person: Person | null;
  sessionToken: string | null;
  /** The API key that the request came with, instead of a session. */
  apiKey: { prefix: string; scopes: readonly ('read' | 'write')[] } | null;
  ip: string | null;
  /** True when the person's connection is TLS, be it at a proxy. */
  isSecure: boolean;
  setHeader(name: string, value: string): void;
}
