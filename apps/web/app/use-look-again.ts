import { useRevalidator } from '@remix-run/react';
import { useEffect } from 'react';

/** Loads the data of the page anew, again and again while what calls this is shown. */
export function useLookAgain(everyMs: number): void {
  const { revalidate, state } = useRevalidator();
  useEffect(() => {
    if (state !== 'idle') return;
    const timer = setTimeout(revalidate, everyMs);
    return () => clearTimeout(timer);
  }, [state, revalidate, everyMs]);
}
