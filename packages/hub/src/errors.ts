export type HubErrorCode =
  | 'hub_not_found'
  | 'hub_gated'
  | 'hub_token_invalid'
  | 'hub_revision_unknown'
  | 'hub_file_missing'
  | 'hub_disabled'
  | 'hub_rate_limited'
  | 'hub_unreachable';

/** Why the Hub does not give what was asked for, in words for the person who asked. */
export class HubError extends Error {
  override name = 'HubError';
  readonly code: HubErrorCode;
  /** Whether asking again later may help. */
  readonly isPassing: boolean;
  /** How long the Hub asks to wait. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: HubErrorCode,
    message: string,
    options: { isPassing?: boolean; retryAfterSeconds?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.isPassing = options.isPassing ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

const MISSING: readonly HubErrorCode[] = ['hub_not_found', 'hub_file_missing', 'hub_revision_unknown'];

/** Whether the Hub says that there is no such thing, rather than nothing, or not now. */
export const isMissing = (error: unknown): boolean => error instanceof HubError && MISSING.includes(error.code);

/**
 * The Hub says by `X-Error-Code` and the status what is wrong; these are those that huggingface_hub tells apart
 * (hf_raise_for_status in utils/_http.py). A repository that may not be seen answers 401 to who has no token.
 */
export function errorOf(
  answer: { status: number; headers: { get(name: string): string | null } },
  about: { repoId: string; page: string; hasToken: boolean },
): HubError {
  const { status, headers } = answer;
  const { repoId, page, hasToken } = about;
  const code = headers.get('X-Error-Code');
  const said = headers.get('X-Error-Message') ?? '';
  if (code === 'GatedRepo') return new HubError('hub_gated', gatedMessage(about));
  if (code === 'RevisionNotFound') {
    return new HubError(
      'hub_revision_unknown',
      `${repoId} has no such revision. Branches, tags and commits are listed at ${page}.`,
    );
  }
  if (code === 'EntryNotFound')
    return new HubError('hub_file_missing', `A file is missing from ${repoId} on the Hub${said ? `: ${said}` : ''}.`);
  if (code === 'DisabledRepo' || /resource is disabled/i.test(said)) {
    return new HubError(
      'hub_disabled',
      `${repoId} was disabled on the Hub: nobody can download it. ${page} may say why.`,
    );
  }
  if (status === 401 && hasToken && (code === null || /credentials|token|username/i.test(said))) {
    return new HubError(
      'hub_token_invalid',
      'The Hub does not know this access token, or it has expired. Create one on the Hub under Settings, Access Tokens.',
    );
  }
  if (code === 'RepoNotFound' || status === 401 || status === 404) {
    const rest = hasToken
      ? 'or the account of this token cannot see it.'
      : 'or it is private: then enter an access token of an account that can see it.';
    return new HubError('hub_not_found', `There is no dataset ${repoId} on the Hub, ${rest}`);
  }
  if (status === 403) {
    return new HubError(
      'hub_token_invalid',
      `The Hub does not let this access token read ${repoId}${said ? ` (${said})` : ''}. A fine-grained token needs permission to read it.`,
    );
  }
  const retryAfterSeconds = secondsOf(headers.get('Retry-After'));
  if (status === 429) {
    return new HubError(
      'hub_rate_limited',
      'The Hub accepts no more requests for now: there were too many. Try again later. With an access token, you can make more requests.',
      { isPassing: true, retryAfterSeconds },
    );
  }
  return new HubError('hub_unreachable', `The Hub answered ${status} to a request for ${repoId}.`, {
    isPassing: status >= 500 || status === 408,
    retryAfterSeconds,
  });
}

const gatedMessage = ({ repoId, page, hasToken }: { repoId: string; page: string; hasToken: boolean }): string =>
  hasToken
    ? `${repoId} is gated, and the account of this token was not given access. Ask for it at ${page}, then try again.`
    : `${repoId} is gated: ask for access at ${page} with your account of the Hub, then try again with an access token of it.`;

/** Retry-After is a number of seconds or a date (RFC 9110, 10.2.3). */
function secondsOf(value: string | null): number | null {
  if (value === null) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000);
}
