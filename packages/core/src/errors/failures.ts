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
  const refusal = refusalOf(error);
  return refusal === null
    ? null
    : new JobFailure('data_refused', `The data has a value that cannot be stored: ${refusal}.`, {
        cause: error,
      });
}

/** Data exceptions (22) and limits of PostgreSQL (54): https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OF_DATA = /^(22|54)/;
/** A missing or a forbidden value. Another row that was there first, or one that has just gone, may be otherwise next time. */
const OF_INTEGRITY = /^23(502|514)/;

function refusalOf(error: unknown): string | null {
  if (error instanceof RangeError && /call stack|string length/i.test(error.message))
    return 'it is nested too deeply, or too long';
  return error instanceof Error && OF_DATA.test(sqlStateOf(error)) ? error.message : null;
}

/** Whether an error that tells nothing of the data would come again all the same. */
export const willRepeat = (error: unknown): boolean => error instanceof Error && OF_INTEGRITY.test(sqlStateOf(error));

/** PostgreSQL's code, five characters; '' for an error of another kind. */
const sqlStateOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : '';
