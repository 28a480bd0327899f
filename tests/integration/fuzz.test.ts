import { beforeAll, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { fuzz, type Known } from '../support/fuzz.ts';
import { fuzzWorld } from '../support/fuzz-world.ts';
import { useGranary } from '../support/world.ts';

/** Longer, with other seeds: npm run soak fuzz. */
const SEED = 19;

const granary = useGranary({ env: { HF_ENDPOINT: 'http://127.0.0.1:9', GRANARY_REQUESTS_PER_MINUTE: '0' } });
let world: { clients: Record<string, Client>; known: Known };
beforeAll(async () => {
  world = await fuzzWorld(granary);
});

test('whatever is asked of the API, it answers as its document says, and never by an error of the server', async () => {
  const { breaches, asked } = await fuzz(world.clients, { known: world.known, seed: SEED, runs: 4 });
  expect(breaches).toEqual([]);
  expect(asked).toBeGreaterThan(400);
});
