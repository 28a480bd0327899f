import { formatAgo } from '~/format';

/** How long ago, with the exact time in its tooltip. The server's words are older than the browser's: both are right. */
export function Ago({ at }: { at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toISOString().replace('T', ' ').slice(0, 19)} suppressHydrationWarning>
      {formatAgo(at)}
    </time>
  );
}
