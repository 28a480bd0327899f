import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';

const uuid = z.uuid();

/**
 * Text that is no id names nothing, and is answered as an id that nothing has.
 *
 * @throws AppError `not_found`
 */
export function assertRowId(id: string): void {
  if (!uuid.safeParse(id).success) throw new AppError('not_found');
}
