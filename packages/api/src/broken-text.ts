import { AppError } from '@granary/core/errors/app-error';

/**
 * Refuses half a character (a lone surrogate), which no encoding can write: PostgreSQL would refuse it, or keep something else.
 *
 * @throws AppError `invalid_input` with the field
 */
export function refuseBrokenText(input: unknown): void {
  if (typeof input !== 'object' || input === null) return;
  for (const [path, value] of Object.entries(input)) {
    if (hasBrokenText(value))
      throw new AppError('invalid_input', { issues: [{ path, message: 'has half a character (a lone surrogate)' }] });
  }
}

/** Without recursion: the body may be nested as deeply as it likes. */
function hasBrokenText(value: unknown): boolean {
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === 'string' && !one.isWellFormed()) return true;
    if (typeof one === 'object' && one !== null) {
      for (const [name, inside] of Object.entries(one)) left.push(name, inside);
    }
  }
  return false;
}
