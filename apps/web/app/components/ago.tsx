import { useFormat } from '~/format';

/** How long ago, with the exact time in its tooltip. The server's words are older than the browser's: both are right. */
export function Ago({ at }: { at: string }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={format.instant(at)} suppressHydrationWarning>
      {format.ago(at)}
    </time>
  );
}
