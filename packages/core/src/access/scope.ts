import type { Context } from '../base/context.ts';
import { AppError } from '../errors/app-error.ts';

/** @throws AppError `forbidden` for an API key that was not made for this */
export function requireScope({ apiKey }: Pick<Context, 'apiKey'>, scope: 'read' | 'write'): void {
  if (!apiKey || apiKey.scopes.includes(scope)) return;
  throw new AppError('forbidden', { hint: `This API key does not have the scope "${scope}". Create one that has it.` });
}
