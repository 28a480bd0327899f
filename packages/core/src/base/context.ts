import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/storage';
import type { Tables } from '@granary/tables';
import type { Logger } from 'pino';
import type { ImageDecoder } from '../images/decoding/decoder.ts';
import type { JobQueue } from '../queue/queue.ts';
import type { HubSettings } from '../secrets/seal.ts';
import type { SiteDefaults, SiteSettings } from './defaults.ts';
import type { EventBus } from './events.ts';
import type { Mailer } from './mail.ts';
import type { Person, Reader } from './person.ts';

/** What a process has for every request. */
export interface Services {
  database: Database;
  store: ObjectStore;
  queue: JobQueue;
  events: EventBus;
  log: Logger;
  defaults: SiteDefaults;
  mail: Mailer | null;
  tables: Tables;
  images: ImageDecoder;
  hub: HubSettings;
}

/** What a procedure gets. */
export interface Context extends Services {
  requestId: string;
  person: Person | null;
  /** Who looks at things: the person, or anyone where nobody is signed in and the site lets everyone look. */
  reader(): Promise<Reader | null>;
  /** What admins have set, as it was at most a few seconds ago. */
  site(): Promise<SiteSettings>;
  /** Said by who has changed them: this process looks them up again. */
  forgetSite(): void;
  sessionToken: string | null;
  /** The API key that the request came with, instead of a session. */
  apiKey: { prefix: string; scopes: readonly ('read' | 'write')[] } | null;
  ip: string | null;
  /** Where people reach this Granary: links begin with it. */
  origin: string;
  /** Counts the request, once, whatever it does. @throws AppError `too_many_requests` */
  admit(): Promise<void>;
  /** True when the person's connection is TLS, be it at a proxy. */
  isSecure: boolean;
  setHeader(name: string, value: string): void;
}

export type SignedInContext = Context & { person: Person };

/** A request to look at something: who is signed in is a reader, too. */
export type ReadingContext = Omit<Context, 'person'> & { person: Reader };

/** Who asks, and of which database: all that a list needs. */
export type Asking = Pick<SignedInContext, 'database' | 'person'>;

/** Who looks, and into which database: all that a list needs which anyone may be shown. */
export type Looking = Pick<ReadingContext, 'database' | 'person'>;
