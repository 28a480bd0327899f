import { type ErrorResponse, Link, useRevalidator } from '@remix-run/react';
import { WifiOff } from 'lucide-react';
import { useEffect } from 'react';
import { z } from 'zod';

const body = z.object({ message: z.string(), hint: z.string().optional() });

/** What went wrong, and where to go from here. */
export function ErrorPage({ error }: { error: ErrorResponse | null }) {
  const known = body.safeParse(error?.data);
  const message = known.success
    ? known.data.message
    : error?.status === 404
      ? 'There is no such page.'
      : 'Something went wrong on our side.';
  return (
    <div className="text-center">
      <p className="font-mono text-sm text-accent">{error?.status ?? 500}</p>
      <h1 className="mt-2 text-2xl font-semibold">{message}</h1>
      {known.success && known.data.hint ? <p className="mt-2 text-dim">{known.data.hint}</p> : null}
      <Link to="/datasets" className="mt-6 inline-block text-accent underline-offset-4 hover:underline">
        To the datasets
      </Link>
    </div>
  );
}

/** What fetch throws when nobody answers, or the decoder of a page's data when the answer breaks off. */
export const isUnreachable = (error: unknown): boolean =>
  typeof window !== 'undefined' &&
  (error instanceof TypeError || (error instanceof Error && /fetch|network|decode|stream|abort/i.test(error.message)));

const TRY_AGAIN_MS = 2000;

/** The server is away for the moment: the page comes back by itself when it is there again. */
export function Unreachable() {
  const { revalidate, state } = useRevalidator();
  useEffect(() => {
    if (state !== 'idle') return;
    const timer = setTimeout(revalidate, TRY_AGAIN_MS);
    window.addEventListener('online', revalidate);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('online', revalidate);
    };
  }, [revalidate, state]);
  return (
    <div className="text-center" role="status">
      <WifiOff className="mx-auto size-8 text-dim" aria-hidden />
      <h1 className="mt-4 text-2xl font-semibold">Waiting for the server…</h1>
      <p className="mt-2 text-sm text-dim">
        It can not be reached. This page comes back as soon as it can; uploads of this tab go on by themselves.
      </p>
    </div>
  );
}
