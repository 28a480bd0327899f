import { Pause, Play, X } from 'lucide-react';
import { formatBytes, formatCount, formatDuration } from '~/format';
import type { UploadPhase, UploadState } from '~/upload/manager';
import { uploads } from '~/upload/manager';
import { Button, Card, FormError, ProgressBar } from './ui';

const PHASES: Record<UploadPhase, string> = {
  preparing: 'Preparing…',
  uploading: 'Uploading',
  paused: 'Paused',
  waiting: 'Waiting for the network…',
  'starting-import': 'Starting the import…',
  done: 'Uploaded',
  failed: 'The upload stopped',
};

/** How far this tab's upload is, with its controls. */
export function UploadPanel({ datasetId, upload }: { datasetId: string; upload: UploadState }) {
  const percent = upload.totalBytes > 0 ? (100 * upload.sentBytes) / upload.totalBytes : 0;
  const secondsLeft = (upload.totalBytes - upload.sentBytes) / upload.bytesPerSecond;
  const isMoving = upload.phase === 'uploading' || upload.phase === 'waiting';
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <p className="font-medium" role="status">
            {PHASES[upload.phase]}
          </p>
          <p className="text-sm text-dim tabular-nums">
            {formatBytes(upload.sentBytes)} of {formatBytes(upload.totalBytes)} · {formatCount(upload.sentFiles)} of{' '}
            {formatCount(upload.totalFiles)} {upload.totalFiles === 1 ? 'file' : 'files'}
            {upload.bytesPerSecond > 0
              ? ` · ${formatBytes(upload.bytesPerSecond)}/s · ${formatDuration(secondsLeft)} left`
              : ''}
          </p>
        </div>
        <div className="flex gap-2">
          {isMoving ? (
            <Button variant="secondary" onClick={() => uploads.pause(datasetId)}>
              <Pause className="size-4" aria-hidden /> Pause
            </Button>
          ) : null}
          {upload.phase === 'paused' ? (
            <Button onClick={() => uploads.resume(datasetId)}>
              <Play className="size-4" aria-hidden /> Resume
            </Button>
          ) : null}
          {isMoving || upload.phase === 'paused' ? (
            <Button variant="secondary" onClick={() => void uploads.cancel(datasetId)}>
              <X className="size-4" aria-hidden /> Cancel
            </Button>
          ) : null}
        </div>
      </div>
      <div className="mt-4">
        <ProgressBar value={percent} label="Upload" />
      </div>
      {upload.error ? (
        <div className="mt-4">
          <FormError message={upload.error} hint="Pick the same files again to go on where it stopped." />
        </div>
      ) : null}
    </Card>
  );
}
