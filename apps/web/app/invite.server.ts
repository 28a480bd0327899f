import type { ErrorBody, InvitationLink } from '@granary/client';
import { act } from './api.server';

/** What the form that adds people gets back. */
export interface Invited {
  error: ErrorBody | null;
  /** Who has access now. */
  added: string | null;
  /** Nobody has this e-mail: an invitation is to be confirmed. */
  unknown: { email: string; role: string } | null;
  link: Pick<InvitationLink, 'email' | 'url' | 'isMailed'> | null;
}

/** Adds someone who has an account; who has none is invited, once that is confirmed. */
export async function inviteOr(
  isConfirmed: boolean,
  who: { email: string; role: string },
  add: () => Promise<{ name: string }>,
  invite: () => Promise<InvitationLink>,
): Promise<Invited> {
  const nothing = { error: null, added: null, unknown: null, link: null };
  if (isConfirmed) {
    const { result, error } = await act(invite);
    return { ...nothing, error, link: result };
  }
  const { result, error } = await act(add);
  if (error?.code === 'unknown_account') return { ...nothing, unknown: who };
  return { ...nothing, error, added: result?.name ?? null };
}
