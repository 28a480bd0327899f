import { isAway, isNoRoom } from '@granary/storage';
import { ERRORS, type ErrorCode, type ErrorKind } from './table.ts';

export interface ErrorIssue {
  path: string;
  message: string;
  /** zod's code, for what zod says. */
  code?: string | undefined;
  /** The limit that a length or a number exceeds. */
  limit?: number | undefined;
}

/** The body of every error answer. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
  issues?: ErrorIssue[] | undefined;
  /** What there is instead of what the request was based on. */
  present?: unknown;
}

/** An error that the client is told about. */
export class AppError extends Error {
  override name = 'AppError';
  readonly errorCode: ErrorCode;
  readonly hint: string | undefined;
  readonly issues: ErrorIssue[] | undefined;
  readonly present: unknown;
  readonly headers: Record<string, string>;

  constructor(
    errorCode: ErrorCode,
    details: {
      message?: string;
      hint?: string;
      issues?: ErrorIssue[];
      present?: unknown;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    const kind: ErrorKind = ERRORS[errorCode];
    super(details.message ?? kind.message, details.cause === undefined ? {} : { cause: details.cause });
    this.errorCode = errorCode;
    this.hint = details.hint ?? kind.hint;
    this.issues = details.issues;
    this.present = details.present;
    this.headers = details.headers ?? {};
  }

  get status(): number {
    return ERRORS[this.errorCode].status;
  }

  /** Whether something is wrong with this server, which the log has to tell of. */
  get isOurs(): boolean {
    return this.errorCode === 'internal' || this.errorCode === 'unavailable';
  }

  get body(): ErrorBody {
    return {
      code: this.errorCode,
      message: this.message,
      ...(this.hint ? { hint: this.hint } : {}),
      ...(this.issues ? { issues: this.issues } : {}),
      ...(this.present === undefined ? {} : { present: this.present }),
    };
  }
}

/** Turns whatever was thrown into something a client may see; what is not meant for clients becomes `internal`. */
export function knownError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && error.cause instanceof AppError) return error.cause;
  if (isTooDeep(error)) return new AppError('invalid_input', { message: 'The request body is nested too deeply.' });
  if (hasUnstorableText(error))
    return new AppError('invalid_input', {
      message: 'A text in the request has a character that cannot be stored (NUL).',
    });
  if (isNoRoom(error)) return new AppError('disk_full', { cause: error });
  if (isAway(error)) return new AppError('unavailable', { cause: error, headers: { 'Retry-After': '2' } });
  return new AppError('internal', {
    message: `${ERRORS.internal.message} Its id is ${errorIdOf(error)}.`,
    cause: error,
  });
}

/** The id that people are told. It is put on the error and its causes, so that the log has it wherever these are logged. */
function errorIdOf(error: unknown): string {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  const known = chain.find(hasErrorId)?.errorId ?? crypto.randomUUID();
  for (const each of chain) if (Object.isExtensible(each)) Object.assign(each, { errorId: known });
  return known;
}

const hasErrorId = (error: Error): error is Error & { errorId: string } =>
  'errorId' in error && typeof error.errorId === 'string';

/** A recursive function ran out of stack on a deep value. */
function isTooDeep(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof RangeError) return true;
  return false;
}

/** PostgreSQL's character_not_in_repertoire, however deep it lies. */
function hasUnstorableText(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ('code' in at && at.code === '22021') return true;
  return false;
}

/** What zod says is wrong with each field; null for any other error. */
export function issuesOf(cause: unknown): ErrorIssue[] | null {
  if (typeof cause !== 'object' || cause === null || !('issues' in cause) || !Array.isArray(cause.issues)) return null;
  return cause.issues.map((issue: RawIssue) => ({
    path: (issue.path ?? []).map(String).join('.'),
    message: issue.message ?? 'is not valid',
    ...(issue.code && issue.code !== 'custom' ? { code: issue.code } : {}),
    ...limitOf(issue),
  }));
}

interface RawIssue {
  path?: PropertyKey[];
  message?: string;
  code?: string;
  minimum?: number | bigint;
  maximum?: number | bigint;
}

function limitOf({ minimum, maximum }: RawIssue): { limit?: number } {
  const limit = minimum ?? maximum;
  return limit === undefined ? {} : { limit: Number(limit) };
}
