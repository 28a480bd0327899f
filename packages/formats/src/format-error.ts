/** A file is not what its format says; the message names what and where. */
export class FormatError extends Error {
  override name = 'FormatError';
}
