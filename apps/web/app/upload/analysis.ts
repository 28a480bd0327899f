import type { AnalysisSummary } from '@granary/formats';
import { useEffect, useState } from 'react';
import type { PickedFile } from './tar';

/** What the analysis in the background says of picked files. */
export type AnalysisMessage =
  | { state: 'running'; done: number; total: number }
  | {
      state: 'done';
      analysis: AnalysisSummary;
      /** Archives that are only opened after their upload. */
      unopened: string[];
    }
  | { state: 'failed'; message: string };

/** Analyses picked files in a Web Worker, before a byte of them is sent; null while there are none. */
export function useAnalysis(files: readonly PickedFile[]): AnalysisMessage | null {
  const [message, setMessage] = useState<AnalysisMessage | null>(null);
  useEffect(() => {
    setMessage(null);
    if (files.length === 0) return;
    setMessage({ state: 'running', done: 0, total: 0 });
    const worker = new Worker(new URL('./analysis-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<AnalysisMessage>) => {
      setMessage(data);
      if (data.state !== 'running') worker.terminate();
    };
    worker.onerror = ({ message }) => setMessage({ state: 'failed', message });
    worker.postMessage(files);
    return () => worker.terminate();
  }, [files]);
  return message;
}
