/** An import can't be done with these files and these options: trying again would end the same way. */
export class ImportFailure extends Error {
  override name = 'ImportFailure';
  readonly code: string;

  /** @param message for the person who asked: names the file or entry, says why, and what to do */
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
