import { TRPCError } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';

interface ErrorKind {
  status: number;
  trpc: TRPC_ERROR_CODE_KEY;
  message: string;
  hint?: string;
}

/** Every error a client can meet: HTTP status, tRPC code, the message for people, and what to do next. */
export const ERRORS = {
  invalid_input: {
    status: 400,
    trpc: 'BAD_REQUEST',
    message: 'The request is not valid.',
    hint: 'See "issues" for each field.',
  },
  not_signed_in: {
    status: 401,
    trpc: 'UNAUTHORIZED',
    message: 'You are not signed in.',
    hint: 'Sign in at /sign-in or POST /api/v1/auth/login.',
  },
  wrong_credentials: { status: 401, trpc: 'UNAUTHORIZED', message: 'E-mail or password is wrong.' },
  foreign_origin: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'This request came from another site and was refused.',
    hint: 'If Granary is behind a proxy, let the proxy pass on the Host header, or set GRANARY_URL to the address people use.',
  },
  forbidden: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'You may see this, but not do that.',
    hint: 'Ask an owner of the dataset for the role of editor.',
  },
  not_found: { status: 404, trpc: 'NOT_FOUND', message: 'There is nothing here, or you may not see it.' },
  email_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'There is an account with this e-mail already.',
    hint: 'Sign in instead.',
  },
  name_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'You have a dataset of this name already.',
    hint: 'Choose another name.',
  },
  wrong_state: { status: 409, trpc: 'CONFLICT', message: 'That is not possible in the present state.' },
  upload_not_ready: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'An upload is not complete.',
    hint: 'Finish it (tus PATCH until Upload-Offset is Upload-Length), then ask for the import again.',
  },
  upload_unknown: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'An upload does not exist, has expired, or belongs to another dataset.',
    hint: 'Upload the file again.',
  },
  unreadable_upload: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'An upload can not be read.',
  },
  too_large_to_analyse: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    message: 'The uploads hold too much to be analysed while you wait.',
    hint: 'Import them: the report says the same, and nothing is lost if you then take it back.',
  },
  nothing_labeled: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset has no annotations to download.',
  },
  unprocessable_image: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The image can not be shown: its content is damaged.',
  },
  too_many_attempts: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    message: 'Too many attempts.',
    hint: 'Wait as long as Retry-After says.',
  },
  internal: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'Something went wrong on our side.',
    hint: 'Try again; if it stays, give the administrator the request id.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorIssue {
  path: string;
  message: string;
}

/** What every error answer holds. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
  issues?: ErrorIssue[] | undefined;
}

/** An error that the client is told about. */
export class AppError extends TRPCError {
  readonly errorCode: ErrorCode;
  readonly hint: string | undefined;
  readonly issues: ErrorIssue[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    errorCode: ErrorCode,
    details: {
      message?: string;
      hint?: string;
      issues?: ErrorIssue[];
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    const kind: ErrorKind = ERRORS[errorCode];
    super({
      code: kind.trpc,
      message: details.message ?? kind.message,
      ...(details.cause ? { cause: details.cause } : {}),
    });
    this.errorCode = errorCode;
    this.hint = details.hint ?? kind.hint;
    this.issues = details.issues;
    this.headers = details.headers ?? {};
  }

  get status(): number {
    return ERRORS[this.errorCode].status;
  }

  get body(): ErrorBody {
    return {
      code: this.errorCode,
      message: this.message,
      ...(this.hint ? { hint: this.hint } : {}),
      ...(this.issues ? { issues: this.issues } : {}),
    };
  }
}

/** Turns whatever was thrown into something a client may see; what is not meant for clients becomes `internal`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof TRPCError) {
    if (error.cause instanceof AppError) return error.cause;
    if (error.code === 'BAD_REQUEST' || error.code === 'PARSE_ERROR' || error.code === 'UNSUPPORTED_MEDIA_TYPE') {
      const issues = issuesOf(error.cause);
      return new AppError('invalid_input', issues ? { issues } : { message: error.message });
    }
    if (error.code === 'NOT_FOUND') return new AppError('not_found');
    if (error.code === 'PAYLOAD_TOO_LARGE')
      return new AppError('invalid_input', { message: 'The request body is too large.' });
  }
  if (hasUnstorableText(error))
    return new AppError('invalid_input', {
      message: 'A text of the request has a character that can not be stored (NUL).',
    });
  return new AppError('internal', { cause: error });
}

/** PostgreSQL's character_not_in_repertoire, however deep it lies. */
function hasUnstorableText(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ('code' in at && at.code === '22021') return true;
  return false;
}

function issuesOf(cause: unknown): ErrorIssue[] | null {
  if (typeof cause !== 'object' || cause === null || !('issues' in cause) || !Array.isArray(cause.issues)) return null;
  return cause.issues.map((issue: { path?: PropertyKey[]; message?: string }) => ({
    path: (issue.path ?? []).map(String).join('.'),
    message: issue.message ?? 'is not valid',
  }));
}
