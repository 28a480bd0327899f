import type { AppRouter } from '@granary/api';
import { TRPCClientError } from '@trpc/client';
import type { ErrorBody, JobView } from './views.ts';

/** A job ended otherwise than completed. */
export class JobError extends Error {
  override name = 'JobError';
  readonly job: JobView;

  constructor(job: JobView) {
    super(job.error?.message ?? `The job was ${job.state}`);
    this.job = job;
  }
}

/** An upload ended before it was complete; what was sent stays, and is not sent again. */
export class UploadError extends Error {
  override name = 'UploadError';
  /** What Granary says, such as `quota_exceeded`; null where the answer was not Granary's, or nobody answered. */
  readonly code: ErrorBody['code'] | null;
  readonly hint: string | undefined;
  /** The HTTP status; null where nobody answered. */
  readonly status: number | null;

  constructor(cause: unknown, answer: ErrorBody | null, status: number | null) {
    super(answer?.message ?? (cause instanceof Error ? cause.message : String(cause)), { cause });
    this.code = answer?.code ?? null;
    this.hint = answer?.hint;
    this.status = status;
  }
}

/** A call by plain HTTP was answered otherwise than with success. */
export class AnswerError extends Error {
  override name = 'AnswerError';
  /** What Granary says; null where the answer was not Granary's. */
  readonly answer: ErrorBody | null;
  readonly status: number;
  /** For how many seconds the server asks to wait; null where it does not. */
  readonly retryAfter: number | null;

  constructor(status: number, answer: ErrorBody | null, retryAfter: number | null = null) {
    super(answer?.message ?? `The answer has the status ${status}.`);
    this.status = status;
    this.answer = answer;
    this.retryAfter = retryAfter;
  }

  static async of(response: Response): Promise<AnswerError> {
    const text = await response.text();
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new AnswerError(response.status, bodyOf(text), Number.isFinite(seconds) ? seconds : null);
  }
}

function bodyOf(text: string): ErrorBody | null {
  try {
    const body: Partial<ErrorBody> | null = JSON.parse(text);
    return body && typeof body.code === 'string' && typeof body.message === 'string' ? (body as ErrorBody) : null;
  } catch {
    return null;
  }
}

/** What Granary answered to a call or an upload that failed; null where Granary did not answer. */
export function errorOf(thrown: unknown): ErrorBody | null {
  if (thrown instanceof UploadError) {
    const { code, message, hint } = thrown;
    return code === null ? null : { code, message, ...(hint ? { hint } : {}) };
  }
  if (thrown instanceof AnswerError) return thrown.answer;
  if (!(thrown instanceof TRPCClientError)) return null;
  const { data }: Partial<TRPCClientError<AppRouter>> = thrown;
  return data?.error ?? null;
}
