import { type ErrorResponse, Link } from '@remix-run/react';
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
