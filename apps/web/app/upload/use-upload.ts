import { useSyncExternalStore } from 'react';
import { type UploadState, uploads } from './manager';

/** The state of this tab's upload into a dataset, or null. */
export function useUpload(datasetId: string): UploadState | null {
  return useSyncExternalStore(
    uploads.subscribe,
    () => uploads.state(datasetId),
    () => null,
  );
}
