import { failureOf, JobFailure } from '@granary/core/errors/failures';
import type { ErrorCode } from '@granary/core/errors/table';
import type { PayloadOf } from '@granary/core/queue/definitions';
import type { StoreCall } from '@granary/db';
import { isNoRoom } from '@granary/storage';
import { type JobRun, Stopped, type StopReason } from '../runner.ts';
import { Stalled } from '../watchdog.ts';

/** What is done apart from the worker: it reads what people bring. */
type ApartJob = 'import' | 'restore-backup';
export type ApartWork = { [Name in ApartJob]: { name: Name; payload: PayloadOf<Name> } }[ApartJob];

/** What the process is asked. */
export type Asked =
  | ({ kind: 'run'; activityId: string; attempt: number } & ApartWork)
  | { kind: 'stop'; reason: SentReason };

/** What it tells. */
export type Told =
  | { kind: 'moved' }
  /** What it has asked of the store since it last told. */
  | { kind: 'stored'; calls: StoreCall[] }
  | { kind: 'progress'; progress: Parameters<JobRun['progress']> }
  | { kind: 'done' }
  | { kind: 'failed'; error: SentError };

/** Why a run is to end, on its way between processes. */
export type SentReason =
  | { kind: 'stopped'; reason: StopReason }
  | { kind: 'stalled'; stage: string; minutes: number }
  | { kind: 'other'; message: string };

/** An error on its way between processes, with what the worker decides by. */
export type SentError = { message: string; stack: string | undefined } & (
  | { kind: 'failure'; code: ErrorCode }
  | { kind: 'stopped'; reason: StopReason }
  /** The code is one of PostgreSQL or of the system, where there is one. */
  | { kind: 'no_room' | 'other'; code: string }
);

export function sentReason(reason: unknown): SentReason {
  if (reason instanceof Stopped) return { kind: 'stopped', reason: reason.reason };
  if (reason instanceof Stalled) return { kind: 'stalled', stage: reason.stage, minutes: reason.minutes };
  return { kind: 'other', message: String(reason) };
}

export function reasonOf(sent: SentReason): Error {
  if (sent.kind === 'stopped') return new Stopped(sent.reason);
  return sent.kind === 'stalled' ? new Stalled(sent.stage, sent.minutes) : new Error(sent.message);
}

export function sentError(error: unknown): SentError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (error instanceof Stopped) return { kind: 'stopped', message, stack, reason: error.reason };
  if (isNoRoom(error)) return { kind: 'no_room', message, stack, code };
  const failure = failureOf(error);
  if (failure) return { kind: 'failure', message: failure.message, stack, code: failure.errorCode };
  return { kind: 'other', message, stack, code };
}

export function errorOf(sent: SentError): Error {
  if (sent.kind === 'stopped') return new Stopped(sent.reason);
  const { kind, message, stack, code } = sent;
  const cause = Object.assign(new Error(message), code === '' ? {} : { code }, stack === undefined ? {} : { stack });
  if (kind === 'failure') return new JobFailure(code, message, { cause });
  return kind === 'no_room' ? Object.assign(cause, { code: 'ENOSPC' }) : cause;
}
