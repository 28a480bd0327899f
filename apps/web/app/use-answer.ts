import { useEffect, useRef } from 'react';

/** Does something once for every answer of the server, with what the page knows by then. */
export function useAnswer<T>(answer: T | null | undefined, then: (answer: T) => void): void {
  const latest = useRef(then);
  useEffect(() => {
    latest.current = then;
  });
  useEffect(() => {
    if (answer !== null && answer !== undefined) latest.current(answer);
  }, [answer]);
}
