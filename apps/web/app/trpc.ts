import type { AppRouter, ErrorBody } from '@granary/client';
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client';

/** The typed API, for the browser. */
export const trpc = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: (operation) => operation.type === 'subscription',
      true: httpSubscriptionLink({ url: '/trpc' }),
      false: httpBatchLink({ url: '/trpc' }),
    }),
  ],
});

/** What the server answered to a call; null where nobody did. */
export function serverErrorOf(thrown: unknown): ErrorBody | null {
  if (!(thrown instanceof TRPCClientError)) return null;
  const { data }: Partial<TRPCClientError<AppRouter>> = thrown;
  return data?.error ?? null;
}
