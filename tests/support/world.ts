import { afterAll, beforeAll, inject } from 'vitest';
import { Client } from './client.ts';
import { type GranaryOptions, startTestGranary, type TestGranary } from './granary.ts';

/** A Granary that tests share: it starts before the first of them, and stops after the last. */
export interface World extends TestGranary {
  /** A new account, signed in; the first one administers the site. */
  person(name?: string): Promise<Client>;
  /** Someone who has an account, signed in once more. */
  signedIn(name: string): Promise<Client>;
  /** A client of somebody who is not signed in. */
  nobody(): Client;
}

/**
 * The Granary of a file, or of the `describe` that calls this.
 *
 * @param options of its processes; as a function, where hooks before this one have made what they need
 */
export function useGranary(options: GranaryOptions | (() => GranaryOptions) = {}): World {
  const world = new GranaryOfTests();
  beforeAll(async () => {
    const { env, worker, logFile } = typeof options === 'function' ? options() : options;
    world.started = await startTestGranary({
      serverUrl: inject('serverUrl'),
      ...(env ? { env } : {}),
      ...(worker === undefined ? {} : { worker }),
      ...(logFile ? { logFile } : {}),
    });
  });
  afterAll(() => world.started?.stop());
  return world;
}

class GranaryOfTests implements World {
  started: TestGranary | null = null;

  get #now(): TestGranary {
    if (!this.started) throw new Error('The Granary of these tests has not started: use it in tests and hooks only');
    return this.started;
  }
  get url() {
    return this.#now.url;
  }
  get database() {
    return this.#now.database;
  }
  get store() {
    return this.#now.store;
  }
  get dataDir() {
    return this.#now.dataDir;
  }
  get web() {
    return this.#now.web;
  }
  get worker() {
    return this.#now.worker;
  }
  anotherWeb(env: Record<string, string>): Promise<string> {
    return this.#now.anotherWeb(env);
  }
  stop(): Promise<void> {
    return this.#now.stop();
  }

  nobody(): Client {
    return new Client(this.url);
  }
  async person(name?: string): Promise<Client> {
    const client = this.nobody();
    await client.register(name);
    return client;
  }
  async signedIn(name: string): Promise<Client> {
    const client = this.nobody();
    await client.signIn(name);
    return client;
  }
}
