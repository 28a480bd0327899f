import { toAppError } from '@granary/api';
import type { ErrorBody } from '@granary/client';
import type { AppError } from '@granary/core/errors/app-error';
import { type AppLoadContext, redirect } from '@remix-run/node';
import { TRPCError } from '@trpc/server';

/**
 * Calls procedures for a loader: an error becomes the response that the route's error page shows, and who is not signed
 * in goes to the sign-in page and comes back.
 */
export async function load<T>(
  request: Request,
  context: AppLoadContext,
  call: (api: AppLoadContext['api']) => Promise<T>,
): Promise<T> {
  try {
    return await call(context.api);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.errorCode === 'not_signed_in') throw toSignIn(request);
    if (isOurs(error, thrown)) throw thrown;
    throw Response.json(error.body, { status: error.status });
  }
}

/** Null for what is not there, or not for this person; any other error stays what it is. */
export const unlessGone = <T>(answer: Promise<T>): Promise<T | null> =>
  answer.catch((thrown) => {
    if (toAppError(thrown).errorCode === 'not_found') return null;
    throw thrown;
  });

/** Calls a procedure for an action: the form shows what is wrong. */
export async function act<T>(
  call: () => Promise<T>,
): Promise<{ result: T; error: null } | { result: null; error: ErrorBody }> {
  try {
    return { result: await call(), error: null };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (isOurs(error, thrown)) throw thrown;
    return { result: null, error: error.body };
  }
}

/** What failed outside of a procedure: a fault of the page, which the log is told of where it ends. */
const isOurs = (error: AppError, thrown: unknown): boolean =>
  error.errorCode === 'internal' && !(thrown instanceof TRPCError);

export function toSignIn(request: Request): Response {
  const { pathname, search } = new URL(request.url);
  return redirect(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
}

/** Only paths of ours: a link must not send people to another site after they sign in. */
export function safeNext(value: string | null): string {
  return value && /^\/(?![/\\])/.test(value) ? value : '/datasets';
}
