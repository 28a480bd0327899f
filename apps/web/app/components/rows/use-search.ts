import type { ErrorBody, SearchProgressView } from '@granary/client';
import { errorOf } from '@granary/client/errors';
import { useEffect, useState } from 'react';
import { trpc } from '~/trpc';
import type { RowQuery } from './query';

export interface Search {
  progress: SearchProgressView | null;
  error: ErrorBody | null;
  isStopped: boolean;
  stop(): void;
}

/** A search through all rows as it goes on; it ends with the page, or when it is stopped. */
export function useSearch(id: string, query: RowQuery | null, limit: number, maxCell: number): Search {
  const [progress, setProgress] = useState<SearchProgressView | null>(null);
  const [error, setError] = useState<ErrorBody | null>(null);
  const [stopped, setStopped] = useState('');
  const key = query ? JSON.stringify([id, query]) : '';
  const isStopped = key !== '' && stopped === key;
  useEffect(() => {
    if (key === '' || isStopped) return;
    setProgress(null);
    setError(null);
    const [datasetId, asked]: [string, RowQuery] = JSON.parse(key);
    const subscription = trpc.tables.search.subscribe(
      { id: datasetId, ...asked, limit, maxCell },
      {
        onData: (data) => setProgress(data),
        onError: (thrown) => {
          subscription.unsubscribe();
          setError(errorOf(thrown) ?? { code: 'internal', message: '' });
        },
        onComplete: () => subscription.unsubscribe(),
      },
    );
    return () => subscription.unsubscribe();
  }, [key, isStopped, limit, maxCell]);
  return { progress, error, isStopped, stop: () => setStopped(key) };
}
