import type { Sql } from '@granary/db';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../errors.ts';

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

/**
 * Counts a request of a person, and of the API key that it came with. Headers say how much is left, as the IETF's draft
 * on RateLimit headers has it: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/06/
 *
 * @throws AppError `too_many_requests`
 */
export async function countRequest(
  sql: Sql,
  requestsPerMinute: number,
  { personId, keyPrefix }: { personId: string; keyPrefix: string | null },
  setHeader: (name: string, value: string) => void,
): Promise<void> {
  if (requestsPerMinute === 0) return;
  const keys = [`p ${personId}`, ...(keyPrefix === null ? [] : [`k ${keyPrefix}`])];
  const requests = limiter(sql, 'requests', requestsPerMinute, MINUTE);
  const states = await Promise.all(
    keys.map((key) =>
      requests.consume(key).catch((refused) => {
        if (refused instanceof RateLimiterRes) return refused;
        throw refused;
      }),
    ),
  );
  const tightest = states.reduce((a, b) => (b.remainingPoints < a.remainingPoints ? b : a));
  const reset = String(Math.ceil(tightest.msBeforeNext / 1000));
  setHeader('RateLimit-Limit', String(requestsPerMinute));
  setHeader('RateLimit-Remaining', String(tightest.remainingPoints));
  setHeader('RateLimit-Reset', reset);
  if (states.some(({ consumedPoints }) => consumedPoints > requestsPerMinute)) {
    throw new AppError('too_many_requests', { headers: { 'Retry-After': reset } });
  }
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
    const wait = String(Math.ceil(refused.msBeforeNext / 1000));
    throw new AppError('too_many_attempts', { headers: { 'Retry-After': wait } });
  });
}
