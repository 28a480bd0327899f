import { statusOf } from './no-room.ts';

/** Of a connection to PostgreSQL or to a bucket, by Node.js and by postgres.js. */
const OF_CONNECTIONS = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT'],
]);
/** Connections lost (08), too many of them, and a server that ends or begins: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OF_POSTGRES = /^(08...|53300|57P0[1-3])$/;
/** What buckets answer when they can't just now: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const OF_BUCKETS = new Set(['SlowDown', 'ServiceUnavailable', 'InternalError', 'RequestTimeout', 'TimeoutError']);

/** Whether something failed, be it at its root, because PostgreSQL or the store can't be reached just now. */
export function isAway(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    if (OF_CONNECTIONS.has(code) || OF_POSTGRES.test(code)) return true;
    // The socket of a PostgreSQL that does not run is not there.
    if (code === 'ENOENT' && 'syscall' in at && at.syscall === 'connect') return true;
    const status = statusOf(at);
    if (OF_BUCKETS.has(at.name) || (status !== null && [500, 502, 503, 504].includes(status))) return true;
  }
  return false;
}
