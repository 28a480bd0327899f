import type { DatasetView } from '@granary/api/client';
import { useState } from 'react';
import { formatBytes, formatCount } from '~/format';
import { useAnalysis } from '~/upload/analysis';
import { useConflicts } from '~/upload/conflicts';
import { type ImportWishes, uploads } from '~/upload/manager';
import { isArchive } from '~/upload/plan';
import type { PickedFile } from '~/upload/tar';
import { AnalysisPanel } from './analysis-panel';
import { ClassMapping, useClassMapping } from './class-mapping';
import { DropZone } from './drop-zone';
import { PickedTree } from './picked-tree';
import { Button } from './ui';

type OnConflict = NonNullable<ImportWishes['onConflict']>;

const CHOICES: [value: OnConflict, label: string, hint: string][] = [
  ['replace', 'Replace', 'the new file takes the place of the old one; versions keep theirs'],
  ['skip', 'Skip', 'the dataset keeps its own file'],
  ['keep_both', 'Keep both', 'the new one is numbered: "a (2).jpg"'],
];

/** More files, or other labels, for a dataset that has some: what is there already is told before anything is sent. */
export function AddData({ dataset }: { dataset: DatasetView }) {
  const datasetId = dataset.id;
  const [files, setFiles] = useState<readonly PickedFile[]>([]);
  const [onConflict, setOnConflict] = useState<OnConflict>('replace');
  const [labelsOnly, setLabelsOnly] = useState(false);
  const analysis = useAnalysis(files);
  const conflicts = useConflicts(datasetId, files);
  const mapping = useClassMapping(dataset, analysis?.state === 'done' && !labelsOnly ? analysis.analysis : null);
  if (files.length === 0 || !conflicts) {
    return <DropZone onPick={setFiles} hint="More images, other labels, or both. Nothing is sent before you say so." />;
  }
  const wanted = files.filter((file) => !conflicts.identical.has(file));
  const hasArchive = files.some(({ path }) => isArchive(path));
  const bytes = wanted.reduce((sum, { file }) => sum + file.size, 0);
  const start = () => {
    setFiles([]);
    uploads.start(datasetId, wanted, { onConflict, labelsOnly, ...mapping.wishes });
  };
  return (
    <div className="space-y-5">
      <p className="text-sm" role="status">
        {conflicts.isDone
          ? [
              `${formatCount(files.length)} ${files.length === 1 ? 'file' : 'files'} picked`,
              ...(conflicts.identical.size > 0
                ? [`${formatCount(conflicts.identical.size)} of them are in the dataset already, just the same`]
                : []),
              `${formatCount(wanted.length)} to be sent (${formatBytes(bytes)})`,
            ].join(' · ')
          : `Comparing ${formatCount(files.length)} files with those of the dataset…`}
      </p>
      {conflicts.different.length > 0 || hasArchive ? (
        <fieldset className="rounded-lg border border-line p-4">
          <legend className="px-1 text-sm font-medium">
            {conflicts.different.length > 0
              ? `${formatCount(conflicts.different.length)} ${conflicts.different.length === 1 ? 'path is' : 'paths are'} taken by another file`
              : 'If a path of the archive is taken by another file'}
          </legend>
          <div className="space-y-2">
            {CHOICES.map(([value, label, hint]) => (
              <label key={value} className="flex items-start gap-2 text-sm">
                <input
                  type="radio"
                  name="onConflict"
                  className="mt-1"
                  checked={onConflict === value}
                  onChange={() => setOnConflict(value)}
                />
                <span>
                  {label} <span className="text-dim">– {hint}</span>
                </span>
              </label>
            ))}
          </div>
          {conflicts.different.length > 0 ? (
            <details className="mt-3 text-sm text-dim">
              <summary className="cursor-pointer">Which</summary>
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
      <label className="flex items-start gap-2 text-sm">
        <input
          type="checkbox"
          className="mt-1"
          checked={labelsOnly}
          onChange={(event) => setLabelsOnly(event.target.checked)}
        />
        <span>
          Labels only{' '}
          <span className="text-dim">– images stay as they are, and these labels take the place of all others</span>
        </span>
      </label>
      <PickedTree files={files} />
      {analysis ? <AnalysisPanel message={analysis} /> : null}
      <ClassMapping dataset={dataset} mapping={mapping} />
      <div className="flex flex-wrap gap-2">
        <Button disabled={!conflicts.isDone || wanted.length === 0} onClick={start}>
          {conflicts.isDone && wanted.length === 0 ? 'Nothing new to send' : 'Upload'}
        </Button>
        <Button variant="secondary" onClick={() => setFiles([])}>
          Choose others
        </Button>
      </div>
    </div>
  );
}
