/** The types a client needs; the client itself is tRPC's own. */
export type { ErrorBody } from './errors.ts';
export type { AppRouter } from './router.ts';
