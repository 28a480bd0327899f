import { useEffect, useRef } from 'react';

/** What was asked of the server: a fetcher, or a navigation with the data of its action. */
interface Asked<T> {
  state: 'idle' | 'loading' | 'submitting';
  data: T | undefined;
}

/**
 * Does something once for every answer of the server, with what the page knows by then. The page has loaded anew what the
 * answer has changed: nobody is told that something is gone beside a list that still shows it.
 */
export function useAnswer<T>({ state, data }: Asked<T>, then: (answer: NonNullable<T>) => void): void {
  useOnce(state === 'idle' ? data : undefined, then);
}

/** The same before the page loads anew: for who leaves a page that the change takes away. */
export function useAnswerAtOnce<T>({ data }: Asked<T>, then: (answer: NonNullable<T>) => void): void {
  useOnce(data, then);
}

function useOnce<T>(answer: T | undefined, then: (answer: NonNullable<T>) => void): void {
  const latest = useRef(then);
  // A request that breaks off leaves the answer to the one before.
  const told = useRef<T>(undefined);
  useEffect(() => {
    latest.current = then;
  });
  useEffect(() => {
    if (answer === undefined || answer === null || answer === told.current) return;
    told.current = answer;
    latest.current(answer);
  }, [answer]);
}
