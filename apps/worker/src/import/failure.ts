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

/** Failures that other options, or a change in the dataset, would mend: their uploads are kept for another try. */
const MENDABLE = new Set(['path_taken', 'format_not_readable', 'internal', 'worker_died', 'cancelled']);

export const isMendable = (code: string): boolean => MENDABLE.has(code);
