import type { DatasetView, JobView } from '@granary/client';
import { Link } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { useFormat, useNames } from '~/format';
import { Ago } from '../ago';
import { useJobText } from '../job-text';
import { StatusBadge } from '../ui';
import { Cover } from './cover';
import { SelectBox, type Selection } from './selection';

export const isBusy = ({ status }: Pick<DatasetView, 'status'>): boolean =>
  status === 'processing' || status === 'downloading';

/** What is under way with a dataset, of the jobs that are one's own. */
export const jobOf = (jobs: readonly JobView[], dataset: DatasetView): JobView | undefined =>
  isBusy(dataset) ? jobs.find(({ datasetId, state }) => datasetId === dataset.id && state === 'running') : undefined;

interface ItemProps {
  dataset: DatasetView;
  job: JobView | undefined;
  /** Null where nobody is signed in, who could do something with what they select. */
  selection: Selection | null;
  index: number;
}

export function DatasetCard({ dataset, job, selection, index }: ItemProps) {
  const t = useTranslations('list');
  const format = useFormat();
  const names = useNames();
  return (
    <div className="relative h-full rounded-xl border border-line bg-surface transition hover:border-edge">
      <Cover dataset={dataset} />
      <div className="p-5">
        <div className="flex items-start gap-3">
          {selection ? <SelectBox selection={selection} index={index} dataset={dataset} /> : null}
          <h2 className="min-w-0 flex-1 leading-tight font-semibold break-words">
            <Link to={`/datasets/${dataset.id}`} className="before:absolute before:inset-0">
              {dataset.name}
            </Link>
          </h2>
          <StatusBadge status={dataset.status} progress={dataset.progress} />
        </div>
        <p className="mt-2 line-clamp-2 min-h-10 text-sm text-dim">{plain(dataset.description)}</p>
        <p className="mt-3 text-sm text-soft">
          {names.format(dataset.format)} · {names.task(dataset.taskType)}
          {dataset.hub ? <HubBadge hub={dataset.hub} /> : null}
        </p>
        {job ? (
          <Step job={job} />
        ) : (
          <p className="mt-1 text-xs text-dim tabular-nums">
            {dataset.numSamples > 0
              ? t('rowFacts', { rows: dataset.numSamples, size: format.bytes(dataset.sizeBytes) })
              : t('facts', {
                  images: dataset.numImages,
                  annotations: dataset.numAnnotations,
                  size: format.bytes(dataset.sizeBytes),
                })}{' '}
            · <Ago at={dataset.updatedAt} />
          </p>
        )}
        <Tags tags={dataset.tags} />
      </div>
    </div>
  );
}

/** How far the job is: of a download the bytes, and how fast they come. */
function Step({ job }: { job: JobView | undefined }) {
  const { message } = useJobText();
  return job ? <p className="mt-1 text-xs break-words text-note tabular-nums">{message(job)}</p> : null;
}

/** Where it was downloaded from: the repository, and the part of it. */
function HubBadge({ hub: { repo, subset, split } }: { hub: NonNullable<DatasetView['hub']> }) {
  return (
    <span
      translate="no"
      className="ml-2 inline-block max-w-full truncate rounded bg-warn/10 px-1.5 align-bottom text-xs text-warn"
    >
      {['HF', repo, subset, split].filter(Boolean).join(' · ')}
    </span>
  );
}

/** The first words of a text in Markdown. */
const plain = (markdown: string): string => markdown.slice(0, 300).replace(/[#*_`>|]+|\]\([^)]*\)|[![\]]/g, '');

function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return null;
  return (
    <ul className="relative mt-2 flex flex-wrap gap-1.5">
      {tags.map((tag) => (
        <li key={tag}>
          <Link
            to={`?tags=${encodeURIComponent(tag)}`}
            className="rounded-full bg-raised px-2 py-0.5 text-xs text-soft hover:bg-hover"
          >
            {tag}
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function DatasetTable({
  items,
  jobs,
  selection,
}: {
  items: readonly DatasetView[];
  jobs: readonly JobView[];
  selection: Selection | null;
}) {
  const t = useTranslations('list');
  const format = useFormat();
  const names = useNames();
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-surface">
      <table className="w-full min-w-3xl text-left text-sm">
        <thead className="text-xs text-dim">
          <tr>
            {selection ? (
              <th className="w-10 py-2 pl-4">
                <span className="sr-only">{t('selected')}</span>
              </th>
            ) : null}
            <th className="px-3 py-2 font-medium">{t('name')}</th>
            <th className="px-3 py-2 font-medium">{t('status')}</th>
            <th className="px-3 py-2 font-medium">{t('format')}</th>
            <th className="px-3 py-2 font-medium">{t('task')}</th>
            <th className="px-3 py-2 text-right font-medium">{t('imagesOrRows')}</th>
            <th className="px-3 py-2 text-right font-medium">{t('annotations')}</th>
            <th className="px-3 py-2 text-right font-medium">{t('size')}</th>
            <th className="px-3 py-2 font-medium">{t('changed')}</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {items.map((dataset, index) => (
            <tr key={dataset.id} className="hover:bg-raised">
              {selection ? (
                <td className="py-2.5 pl-4">
                  <SelectBox selection={selection} index={index} dataset={dataset} />
                </td>
              ) : null}
              <td className="max-w-80 px-3 py-2.5">
                <Link to={`/datasets/${dataset.id}`} className="font-medium break-words hover:underline">
                  {dataset.name}
                </Link>
                <span className="ml-2 text-xs text-dim">{dataset.tags.join(', ')}</span>
              </td>
              <td className="px-3">
                <StatusBadge status={dataset.status} progress={dataset.progress} />
                <Step job={jobOf(jobs, dataset)} />
              </td>
              <td className="px-3">{names.format(dataset.format)}</td>
              <td className="px-3">{names.task(dataset.taskType)}</td>
              <td className="px-3 text-right tabular-nums">{format.count(dataset.numImages || dataset.numSamples)}</td>
              <td className="px-3 text-right tabular-nums">{format.count(dataset.numAnnotations)}</td>
              <td className="px-3 text-right whitespace-nowrap tabular-nums">{format.bytes(dataset.sizeBytes)}</td>
              <td className="px-3 whitespace-nowrap text-dim">
                <Ago at={dataset.updatedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
