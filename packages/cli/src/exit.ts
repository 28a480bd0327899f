import { type ErrorBody, errorOf, JobError, UploadError } from '@granary/client';

/** What the process ends with. */
export const ExitCode = { done: 0, failed: 1, usage: 2, refused: 3, notFound: 4 } as const;

/** Something is missing that the person can give. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const REFUSED = new Set([
  'not_signed_in',
  'forbidden',
  'wrong_credentials',
  'wrong_password',
  'too_many_attempts',
  'too_many_requests',
]);

export interface Explained {
  code: string;
  message: string;
  hint?: string;
  issues?: ErrorBody['issues'];
}

/** What went wrong, for people and for programs. */
export function explain(error: unknown): Explained {
  const answer = errorOf(error);
  if (answer) {
    const { code, message, hint, issues } = answer;
    const details = issues?.map(({ path, message: what }) => `${path} ${what}`).join('; ');
    return {
      code,
      message: [message, details, hint].filter(Boolean).join(' '),
      ...(hint ? { hint } : {}),
      ...(issues ? { issues } : {}),
    };
  }
  if (error instanceof UploadError) return { code: 'unreachable', message: error.message };
  if (error instanceof JobError) return { code: error.job.error?.code ?? error.job.state, message: error.message };
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const isNetwork = /fetch failed|ECONNREFUSED|ENOTFOUND/.test(`${message} ${cause}`);
  return isNetwork
    ? {
        code: 'unreachable',
        message: `Granary cannot be reached: ${cause instanceof Error ? cause.message : message}`,
      }
    : { code: error instanceof UsageError ? 'usage' : 'failed', message };
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return ExitCode.usage;
  const { code } = explain(error);
  if (REFUSED.has(code)) return ExitCode.refused;
  return code === 'not_found' || code === 'unknown_account' ? ExitCode.notFound : ExitCode.failed;
}
