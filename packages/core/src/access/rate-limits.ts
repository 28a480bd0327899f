import type { Sql } from '@granary/db';
import ipaddr from 'ipaddr.js';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { isAnonymous, type Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';

/** Counters in PostgreSQL, which all web processes share. */
export function limiter(sql: Sql, keyPrefix: string, points: number, durationSeconds: number): RateLimiterPostgres {
  return new RateLimiterPostgres({
    storeClient: {
      query: async ({ text, values }: { text: string; values: string[] }) => {
        const rows = await sql.unsafe(text, values, { prepare: true });
        return { rows, rowCount: rows.count };
      },
    },
    storeType: 'client',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix,
    points,
    duration: durationSeconds,
    clearExpiredByTimeout: false,
  });
}

const MINUTE = 60;
/** How many of a minute's requests a process leases at once, so that not every request costs a trip to the database. */
const LEASES = 200;
/** Leases beyond this many are forgotten, which only loses what they had left. */
const MOST_LEASES = 10_000;

interface Lease {
  /** Requests that are leased and not used yet. */
  left: number;
  /** What was left in the database after the lease. */
  remaining: number;
  endsAt: number;
}

const leases = new Map<string, Lease>();

/**
 * Counts a request of a person, and of the API key that it came with; where nobody is signed in, of the address. Headers say how much is left, as the IETF's draft
 * on RateLimit headers has it: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/06/
 *
 * @throws AppError `too_many_requests`
 */
export async function countRequest(
  sql: Sql,
  requestsPerMinute: number,
  { reader, keyPrefix, ip }: { reader: Reader; keyPrefix: string | null; ip: string | null },
  setHeader: (name: string, value: string) => void,
): Promise<void> {
  if (requestsPerMinute === 0) return;
  const whose = isAnonymous(reader) ? `a ${networkOf(ip)}` : `p ${reader.id}`;
  const keys = [whose, ...(keyPrefix === null ? [] : [`k ${keyPrefix}`])];
  const states = await Promise.all(keys.map((key) => takeOne(sql, requestsPerMinute, key)));
  const tightest = states.reduce((a, b) => (b.remaining < a.remaining ? b : a));
  const reset = String(Math.max(0, Math.ceil((tightest.endsAt - Date.now()) / 1000)));
  setHeader('RateLimit-Limit', String(requestsPerMinute));
  setHeader('RateLimit-Remaining', String(Math.max(0, tightest.remaining)));
  setHeader('RateLimit-Reset', reset);
  if (tightest.remaining < 0) throw new AppError('too_many_requests', { headers: { 'Retry-After': reset } });
}

/** Of IPv6 the network of 64 bits: the least that anyone is given, and all of whose addresses they may use. */
export function networkOf(ip: string | null): string {
  if (ip === null || !ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  return 'parts' in address
    ? `${address.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')}::/64`
    : address.toString();
}

/** @returns how many are left after this one, negative when there was none */
async function takeOne(
  sql: Sql,
  requestsPerMinute: number,
  key: string,
): Promise<{ remaining: number; endsAt: number }> {
  const name = `${requestsPerMinute} ${key}`;
  const held = leases.get(name);
  if (held && held.endsAt > Date.now() && held.left > 0) {
    held.left--;
    return { remaining: held.remaining + held.left, endsAt: held.endsAt };
  }
  const size = Math.max(1, Math.floor(requestsPerMinute / LEASES));
  const state = await limiter(sql, 'requests', requestsPerMinute, MINUTE)
    .consume(key, size)
    .catch((refused) => {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    });
  const endsAt = Date.now() + state.msBeforeNext;
  const before = state.consumedPoints - size;
  const granted = Math.min(size, requestsPerMinute - before);
  if (granted <= 0) return { remaining: -1, endsAt };
  if (leases.size >= MOST_LEASES) leases.clear();
  const remaining = Math.max(0, requestsPerMinute - state.consumedPoints);
  // Another request may have taken a lease at the same time: both are used.
  const now = leases.get(name);
  const other = now && now.endsAt > Date.now() ? now.left : 0;
  leases.set(name, { left: other + granted - 1, remaining, endsAt });
  return { remaining: remaining + other + granted - 1, endsAt };
}

/** Counts something that an address may do only so often. @throws AppError `too_many_attempts` */
export async function countAttempt(
  sql: Sql,
  what: string,
  key: string,
  { points, seconds }: { points: number; seconds: number },
): Promise<void> {
  const attempts = limiter(sql, what, points, seconds);
  await attempts.consume(key).catch((refused) => {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    throw tooMany(refused);
  });
}

/** Counts nothing. @throws AppError `too_many_attempts` when it was counted too often */
export async function refuseBeyond(attempts: RateLimiterPostgres, key: string): Promise<void> {
  const state = await attempts.get(key);
  if (state && state.consumedPoints >= attempts.points) throw tooMany(state);
}

/** Counts, and refuses nothing. */
export async function countOnly(attempts: RateLimiterPostgres, key: string): Promise<void> {
  await attempts.consume(key).catch((state) => {
    if (!(state instanceof RateLimiterRes)) throw state;
  });
}

const tooMany = ({ msBeforeNext }: RateLimiterRes): AppError =>
  new AppError('too_many_attempts', { headers: { 'Retry-After': String(Math.ceil(msBeforeNext / 1000)) } });
