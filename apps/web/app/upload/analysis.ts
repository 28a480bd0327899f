import type { PickedFile } from '@granary/client/plan';
import type { AnalysisSummary, CardCsv, JoiningSummary, OwnImage } from '@granary/formats';
import type { Head } from '@granary/tables/csv';
import { useEffect, useState } from 'react';

/** The beginning of a CSV file, with what the dataset's card says of how it is written. */
export interface CsvHead {
  path: string;
  head: Head;
  card: CardCsv | undefined;
}

/** What the analysis in the background says of picked files. */
export type AnalysisMessage =
  | { state: 'running'; done: number; total: number }
  | {
      state: 'done';
      analysis: AnalysisSummary & Partial<Pick<JoiningSummary, 'joined'>>;
      /** Archives that are only opened after their upload. */
      unopened: string[];
      /** Of a dataset of texts: the beginnings of its first CSV files. */
      tables: CsvHead[];
    }
  | { state: 'failed'; message: string };

/** A picked file, which is asked for when it is opened: handles of very many would not fit there at once. */
export type Listed = Pick<PickedFile, 'path' | 'sizeBytes'>;
export type ToAnalysis = { listing: readonly Listed[]; own: readonly OwnImage[] } | { index: number; file: File };
export type FromAnalysis = AnalysisMessage | { state: 'asking'; index: number };

const NONE: readonly OwnImage[] = [];

/**
 * Analyses picked files in a Web Worker, before a byte of them is sent; null while there are none.
 *
 * @param own images of the dataset that they are to join; null while these are asked for
 */
export function useAnalysis(
  files: readonly PickedFile[],
  own: readonly OwnImage[] | null = NONE,
): AnalysisMessage | null {
  const [message, setMessage] = useState<AnalysisMessage | null>(null);
  useEffect(() => {
    setMessage(null);
    if (files.length === 0) return;
    setMessage({ state: 'running', done: 0, total: 0 });
    if (own === null) return;
    const worker = new Worker(new URL('./analysis-worker.ts', import.meta.url), { type: 'module' });
    const say = (message: ToAnalysis) => worker.postMessage(message);
    worker.onmessage = ({ data }: MessageEvent<FromAnalysis>) => {
      if (data.state === 'asking') {
        const { index } = data;
        files[index]?.open().then(
          (file) => say({ index, file }),
          (error: unknown) => {
            worker.terminate();
            setMessage({ state: 'failed', message: `${files[index]?.path}: ${error}` });
          },
        );
        return;
      }
      setMessage(data);
      if (data.state !== 'running') worker.terminate();
    };
    worker.onerror = ({ message }) => setMessage({ state: 'failed', message });
    say({ listing: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })), own });
    return () => worker.terminate();
  }, [files, own]);
  return message;
}
