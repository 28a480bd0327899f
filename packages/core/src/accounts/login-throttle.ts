import type { Sql } from '@granary/db';
import type { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { countOnly, limiter } from '../access/rate-limits.ts';
import { AppError } from '../errors/app-error.ts';

const WINDOW_SECONDS = 15 * 60;
const FAILURES_PER_ACCOUNT_AND_ADDRESS = 10;
const FAILURES_PER_ADDRESS = 100;

/** Slows down guessing of passwords; the counters are in PostgreSQL, so that all web processes share them. */
export class LoginThrottle {
  readonly #limiters: readonly [pair: RateLimiterPostgres, address: RateLimiterPostgres];

  constructor(sql: Sql) {
    this.#limiters = [
      limiter(sql, 'login-account', FAILURES_PER_ACCOUNT_AND_ADDRESS, WINDOW_SECONDS),
      limiter(sql, 'login-address', FAILURES_PER_ADDRESS, WINDOW_SECONDS),
    ];
  }

  /** @throws AppError `too_many_attempts` */
  async check(email: string, ip: string | null): Promise<void> {
    for (const [limiter, key] of this.#keyed(email, ip)) {
      const state = await limiter.get(key);
      if (state && state.consumedPoints >= limiter.points) throw tooMany(state);
    }
  }

  async countFailure(email: string, ip: string | null): Promise<void> {
    for (const [limiter, key] of this.#keyed(email, ip)) await countOnly(limiter, key);
  }

  async forget(email: string, ip: string | null): Promise<void> {
    await this.#limiters[0].delete(`${email} ${ip}`);
  }

  #keyed(email: string, ip: string | null): [RateLimiterPostgres, string][] {
    const [pair, address] = this.#limiters;
    return [
      [pair, `${email} ${ip}`],
      [address, String(ip)],
    ];
  }
}

function tooMany(state: RateLimiterRes): AppError {
  const seconds = Math.ceil(state.msBeforeNext / 1000);
  return new AppError('too_many_attempts', {
    message: `Too many failed sign-ins. Try again in ${Math.ceil(seconds / 60)} minutes.`,
    headers: { 'Retry-After': String(seconds) },
  });
}
