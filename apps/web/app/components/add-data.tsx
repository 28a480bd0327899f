import type { DatasetView } from '@granary/client';
import type { PickedFile } from '@granary/client/plan';
import { isArchive } from '@granary/client/plan';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import { useAnalysis } from '~/upload/analysis';
import { useConflicts } from '~/upload/conflicts';
import { type ImportWishes, uploads } from '~/upload/manager';
import { useOwnImages } from '~/upload/own-images';
import { AnalysisPanel } from './analysis-panel';
import { Choices } from './choices';
import { ClassMapping, useClassMapping } from './class-mapping';
import { CsvTables, useCsvChoice } from './csv-tables';
import { DropZone } from './drop-zone';
import { LabelChoice, type LabelWish, wishesOf } from './label-choice';
import { PickedTree } from './picked-tree';
import { Button } from './ui';

type OnConflict = NonNullable<ImportWishes['onConflict']>;

const CHOICES = [
  ['replace', 'replace', 'replaceHint'],
  ['skip', 'skip', 'skipHint'],
  ['keep_both', 'keepBoth', 'keepBothHint'],
] as const satisfies [OnConflict, string, string][];

/** More files, or other labels, for a dataset that has some: what is there already is told before anything is sent. */
export function AddData({ dataset }: { dataset: DatasetView }) {
  const t = useTranslations('upload');
  const format = useFormat();
  const datasetId = dataset.id;
  const [files, setFiles] = useState<readonly PickedFile[]>([]);
  const [onConflict, setOnConflict] = useState<OnConflict>('replace');
  const [labels, setLabels] = useState<LabelWish>({ way: 'add', isSure: false });
  const analysis = useAnalysis(files, useOwnImages(dataset, files));
  const conflicts = useConflicts(datasetId, files);
  const csv = useCsvChoice(files);
  const mapping = useClassMapping(
    dataset,
    analysis?.state === 'done' && labels.way !== 'replaceAll' ? analysis.analysis : null,
  );
  if (files.length === 0 || !conflicts) {
    return <DropZone onPick={setFiles} hint={t('addHint')} />;
  }
  const wanted = files.filter((file) => !conflicts.identical.has(file));
  const hasArchive = files.some(({ path }) => isArchive(path));
  const bytes = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const start = () => {
    setFiles([]);
    uploads.start(datasetId, wanted, { onConflict, ...wishesOf(labels), ...csv.wishes, ...mapping.wishes });
  };
  return (
    <div className="space-y-5">
      <p className="text-sm" role="status">
        {conflicts.isDone
          ? [
              t('picked', { count: files.length }),
              ...(conflicts.identical.size > 0 ? [t('identical', { count: conflicts.identical.size })] : []),
              t('toBeSent', { count: wanted.length, size: format.bytes(bytes) }),
            ].join(' · ')
          : t('comparing', { count: files.length })}
      </p>
      {conflicts.different.length > 0 || hasArchive ? (
        <fieldset className="rounded-lg border border-line p-4">
          <legend className="px-1 text-sm font-medium">
            {conflicts.different.length > 0 ? t('taken', { count: conflicts.different.length }) : t('takenInArchive')}
          </legend>
          <Choices
            name="onConflict"
            value={onConflict}
            options={CHOICES.map(([value, label, hint]) => [value, t(label), t(hint)] as const)}
            onChange={setOnConflict}
          />
          {conflicts.different.length > 0 ? (
            <details className="mt-3 text-sm text-dim">
              <summary className="cursor-pointer">{t('which')}</summary>
              <ul className="mt-2 max-h-48 overflow-y-auto font-mono text-xs">
                {conflicts.different.slice(0, 500).map((path) => (
                  <li key={path} className="break-all">
                    {path}
                  </li>
                ))}
              </ul>
            </details>
          ) : null}
        </fieldset>
      ) : null}
      <LabelChoice
        dataset={dataset}
        analysis={analysis?.state === 'done' ? analysis.analysis : null}
        wish={labels}
        onChange={setLabels}
      />
      <PickedTree files={files} />
      {analysis ? <AnalysisPanel message={analysis} /> : null}
      {analysis?.state === 'done' ? <CsvTables tables={analysis.tables} choice={csv} /> : null}
      <ClassMapping dataset={dataset} mapping={mapping} />
      <div className="flex flex-wrap gap-2">
        <Button
          disabled={!conflicts.isDone || wanted.length === 0 || (labels.way === 'replaceAll' && !labels.isSure)}
          onClick={start}
        >
          {conflicts.isDone && wanted.length === 0 ? t('nothingNew') : t('upload')}
        </Button>
        <Button variant="secondary" onClick={() => setFiles([])}>
          {t('chooseOthers')}
        </Button>
      </div>
    </div>
  );
}
