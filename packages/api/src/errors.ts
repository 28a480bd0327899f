import { AppError, issuesOf, knownError } from '@granary/core/errors/app-error';
import { ERRORS } from '@granary/core/errors/table';
import { TRPCError } from '@trpc/server';

/** What tRPC throws as an error of ours, and any other error as core knows it. */
export function toAppError(error: unknown): AppError {
  if (!(error instanceof TRPCError) || error.cause instanceof AppError) return knownError(error);
  switch (error.code) {
    case 'BAD_REQUEST':
    case 'PARSE_ERROR':
    case 'UNSUPPORTED_MEDIA_TYPE': {
      const issues = issuesOf(error.cause);
      return new AppError('invalid_input', issues ? { issues } : { message: error.message });
    }
    case 'NOT_FOUND':
      return new AppError('not_found');
    case 'PAYLOAD_TOO_LARGE':
      return new AppError('invalid_input', { message: 'The request body is too large.' });
    default:
      return knownError(error);
  }
}

/** An error of core with the tRPC code that the table has for it; tRPC's own stay as they are. */
export function withTrpcCode(error: TRPCError): TRPCError {
  if (!(error.cause instanceof AppError)) return error;
  const { cause } = error;
  return new TRPCError({ code: ERRORS[cause.errorCode].trpc, message: cause.message, cause });
}

/** The events of a subscription, whose failure gets its tRPC code, too: a client asks again after those of unknown errors. */
export async function* withTrpcCodes<Event>(events: AsyncIterable<Event>): AsyncGenerator<Event> {
  try {
    yield* events;
  } catch (error) {
    throw error instanceof AppError
      ? new TRPCError({ code: ERRORS[error.errorCode].trpc, message: error.message, cause: error })
      : error;
  }
}
