import { Pause, Play, X } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import { useServerTexts } from '~/server-texts';
import type { UploadError, UploadState } from '~/upload/manager';
import { uploads } from '~/upload/manager';
import { Button, Card, FormError, ProgressBar } from './ui';

/** How far this tab's upload is, with its controls. */
export function UploadPanel({ datasetId, upload }: { datasetId: string; upload: UploadState }) {
  const t = useTranslations('upload');
  const amounts = useTranslations('amounts');
  const actions = useTranslations('actions');
  const format = useFormat();
  const percent = upload.totalBytes > 0 ? (100 * upload.sentBytes) / upload.totalBytes : 0;
  const secondsLeft = (upload.totalBytes - upload.sentBytes) / upload.bytesPerSecond;
  const isMoving = upload.phase === 'uploading' || upload.phase === 'waiting';
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <p className="font-medium" role="status">
            {t(`phase.${upload.phase}`)}
          </p>
          <p className="text-sm text-dim tabular-nums">
            {[
              amounts('ofTotal', { done: format.bytes(upload.sentBytes), total: format.bytes(upload.totalBytes) }),
              t('sentFiles', { done: upload.sentFiles, total: upload.totalFiles }),
              ...(upload.bytesPerSecond > 0
                ? [t('speed', { size: format.bytes(upload.bytesPerSecond), duration: format.duration(secondsLeft) })]
                : []),
            ].join(' · ')}
          </p>
        </div>
        <div className="flex gap-2">
          {isMoving ? (
            <Button variant="secondary" onClick={() => uploads.pause(datasetId)}>
              <Pause className="size-4" aria-hidden /> {t('pause')}
            </Button>
          ) : null}
          {upload.phase === 'paused' ? (
            <Button onClick={() => uploads.resume(datasetId)}>
              <Play className="size-4" aria-hidden /> {t('resume')}
            </Button>
          ) : null}
          {isMoving || upload.phase === 'paused' ? (
            <Button variant="secondary" onClick={() => void uploads.cancel(datasetId)}>
              <X className="size-4" aria-hidden /> {actions('cancel')}
            </Button>
          ) : null}
        </div>
      </div>
      <div className="mt-4">
        <ProgressBar value={percent} label={t('upload')} />
      </div>
      {upload.error ? (
        <div className="mt-4">
          <Stopped error={upload.error} />
        </div>
      ) : null}
    </Card>
  );
}

function Stopped({ error }: { error: UploadError }) {
  const t = useTranslations('upload');
  const frame = useTranslations('frame');
  const texts = useServerTexts();
  const { message, hint }: { message: string; hint?: string } =
    'message' in error
      ? texts.error(error)
      : { message: 'status' in error ? t('answered', { status: error.status }) : frame('unreachable') };
  return <FormError message={hint ? `${message} ${hint}` : message} hint={t('pickAgain')} />;
}
