import { HubError, PlanError } from '@granary/hub';
import { AppError } from './app-error.ts';

/** What the Hub refused, as an error of ours; null for any other. */
export function fromHub(error: unknown): AppError | null {
  if (error instanceof HubError || error instanceof PlanError)
    return new AppError(error.code, { message: error.message, cause: error });
  if (error instanceof Error && error.name === 'TimeoutError') return new AppError('hub_unreachable', { cause: error });
  return null;
}

/** @throws AppError, or the error itself when it is none of the Hub's */
export function throwFromHub(error: unknown): never {
  throw fromHub(error) ?? error;
}
