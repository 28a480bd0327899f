import { errorOf } from '@granary/client/errors';
import { Sender } from '@granary/client/send';
import { useNavigate } from '@remix-run/react';
import { type FormEvent, useState } from 'react';
import { useTranslations } from 'use-intl';
import { useServerTexts } from '~/server-texts';
import { trpc } from '~/trpc';
import { Button, Card, Field, FormError, ProgressBar } from './ui';

/** Builds a dataset from a backup that lies on this machine. */
export function BackupUpload() {
  const t = useTranslations('backups');
  const frame = useTranslations('frame');
  const texts = useServerTexts();
  const navigate = useNavigate();
  const [progress, setProgress] = useState<number | null>(null);
  const [problem, setProblem] = useState<{ message: string; hint?: string } | null>(null);

  async function restore(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const file = form.get('file');
    if (!(file instanceof File)) return;
    setProblem(null);
    setProgress(0);
    try {
      const { id } = await trpc.datasets.create.mutate({ name: String(form.get('name')) });
      const uploadId = await new Sender({ base: '', headers: {} }).send({
        datasetId: id,
        body: file,
        filename: file.name,
        kind: 'file',
        fingerprint: file.name,
        onProgress: (sentBytes) => setProgress((100 * sentBytes) / Math.max(1, file.size)),
      });
      await trpc.backups.restoreUpload.mutate({ id, uploadId });
      navigate(`/datasets/${id}`);
    } catch (error) {
      const known = errorOf(error);
      setProblem(known ? texts.error(known) : { message: frame('unreachable') });
      setProgress(null);
    }
  }

  return (
    <Card title={t('fromFile')}>
      <p className="-mt-2 mb-4 text-sm text-dim">{t('fromFileHint')}</p>
      <form onSubmit={(event) => void restore(event)} className="grid items-start gap-4 sm:grid-cols-2">
        <Field label={t('name')} name="name" required maxLength={255} />
        <Field label={t('file')} name="file" type="file" accept=".zip,application/zip" required />
        {problem ? <FormError {...problem} /> : null}
        {progress === null ? null : <ProgressBar value={progress} label={t('uploading')} />}
        <div className="sm:col-span-2">
          <Button type="submit" variant="secondary" disabled={progress !== null}>
            {t('upload')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
