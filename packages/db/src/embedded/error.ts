/** What went wrong with the embedded PostgreSQL, in one line for the person who starts Granary. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}
