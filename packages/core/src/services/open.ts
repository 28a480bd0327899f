import { connect } from '@granary/db';
import { openStore } from '@granary/storage';
import { Tables } from '@granary/tables';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Services } from '../base/context.ts';
import { EventBus } from '../base/events.ts';
import { ImageDecoder } from '../images/decoding/decoder.ts';
import { JobQueue } from '../queue/queue.ts';
import { type mailSettings, openMailer } from '../site/mailer.ts';
import type { ServiceSettings } from './settings.ts';

const CONNECTIONS = 10;

/** Everything the web process needs to answer requests; `close` ends its connections. */
export async function openServices(
  env: ServiceSettings & z.infer<typeof mailSettings>,
  log: Logger,
  name: string,
): Promise<{ services: Services; close(): Promise<void> }> {
  const database = connect(env.DATABASE_URL, { name, max: CONNECTIONS });
  const queue = new JobQueue(env.DATABASE_URL, log);
  const events = new EventBus(database.sql);
  await Promise.all([queue.start(), events.start()]);
  const store = openStore(env);
  const images = new ImageDecoder();
  const services = {
    database,
    queue,
    events,
    log,
    store,
    hub: env,
    defaults: env,
    tables: new Tables(store, env),
    images,
    mail: openMailer(env, log),
  };
  const close = async () => {
    images.close();
    await queue.stop();
    await database.close();
  };
  return { services, close };
}
