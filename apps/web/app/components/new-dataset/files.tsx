import type { PickedFile } from '@granary/client/plan';
import { X } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import type { AnalysisMessage } from '~/upload/analysis';
import { AnalysisPanel } from '../analysis-panel';
import { type CsvChoice, CsvTables } from '../csv-tables';
import { DropZone } from '../drop-zone';
import { PickedTree } from '../picked-tree';
import { Button } from '../ui';

const bytesOf = (files: readonly PickedFile[]): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Folders, files and archives, as many as one likes, and what they come to. */
export function ImagesStep({
  files,
  missing,
  onAdd,
  onReading,
  onClear,
}: {
  files: readonly PickedFile[];
  /** What was picked before a reload. */
  missing: string;
  onAdd(files: PickedFile[]): void;
  onReading(isReading: boolean): void;
  onClear(): void;
}) {
  const t = useTranslations();
  const format = useFormat();
  return (
    <div className="space-y-5">
      {files.length === 0 && missing ? (
        <p role="status" className="rounded-md border border-note/30 bg-note/10 px-4 py-3 text-sm text-ink">
          {t.rich('wizard.pickedBefore', { b: (text) => <strong>{text}</strong>, files: missing })}
        </p>
      ) : null}
      <DropZone onPick={onAdd} onReading={onReading} {...(files.length > 0 ? { hint: t('wizard.moreHint') } : {})} />
      {files.length > 0 ? (
        <>
          <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
            <p role="status">
              {t('amounts.files', { count: files.length })} · {format.bytes(bytesOf(files))}
            </p>
            <Button variant="secondary" onClick={onClear}>
              <X className="size-4" aria-hidden /> {t('upload.chooseOthers')}
            </Button>
          </div>
          <PickedTree files={files} />
        </>
      ) : null}
    </div>
  );
}

/** Labels in files of their own, and what all of it turns out to be. */
export function AnnotationsStep({
  labels,
  analysis,
  csv,
  onAdd,
  onReading,
  onClear,
}: {
  labels: readonly PickedFile[];
  analysis: AnalysisMessage | null;
  csv: CsvChoice;
  onAdd(files: PickedFile[]): void;
  onReading(isReading: boolean): void;
  onClear(): void;
}) {
  const t = useTranslations();
  const format = useFormat();
  return (
    <div className="space-y-5">
      <p className="text-sm text-dim">{t('wizard.labelsHint')}</p>
      {analysis ? <AnalysisPanel message={analysis} /> : null}
      {analysis?.state === 'done' ? <CsvTables tables={analysis.tables} choice={csv} /> : null}
      <DropZone onPick={onAdd} onReading={onReading} hint={t('wizard.labelsDrop')} />
      {labels.length > 0 ? (
        <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
          <p role="status" className="min-w-0 break-words">
            {labels[0]?.path}
            {labels.length > 1 ? ` ${t('amounts.andMore', { count: labels.length - 1 })}` : ''} ·{' '}
            {format.bytes(bytesOf(labels))}
          </p>
          <Button variant="secondary" onClick={onClear}>
            {t('wizard.leaveOut')}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
