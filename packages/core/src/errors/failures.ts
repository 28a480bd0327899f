import { ArchiveError } from '@granary/archives';
import { HubError, PlanError } from '@granary/hub';
import { AppError } from './app-error.ts';
import type { ErrorCode } from './table.ts';

/** A job can't be done as things are: trying again would end the same way. */
export class JobFailure extends AppError {
  override name = 'JobFailure';

  /** @param message for the person who asked: names the file or entry, says why, and what to do */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, { message, ...options });
  }
}

/** Why a job ends for good; null for what another attempt may fix. */
export function failureOf(error: unknown): AppError | null {
  if (error instanceof AppError) return error.errorCode === 'internal' ? null : error;
  if (error instanceof ArchiveError || error instanceof HubError || error instanceof PlanError)
    return new JobFailure(error.code, error.message, { cause: error });
  return null;
}
