import type { WildCase } from '../../packages/formats/fixtures/wild-table.ts';
import type { Client } from './client.ts';

/** Findings of how files came, and of contents that are equal in the small copies: the table of readings says nothing of these. */
const OF_RECEIVING = [
  'skipped_junk',
  'nested_archive',
  'image_unreadable',
  'image_truncated',
  'image_rotated',
  'split_overlap',
];

interface Counted {
  code: string;
  count: number;
}

interface Repair {
  code: string;
  safe: boolean;
  affects: number;
}

/** Imports an archive of a shape. @returns what it has become, and what its facts say, to be compared */
export async function importedAndStated(client: Client, wild: WildCase, archive: Buffer<ArrayBuffer>) {
  const { name: _, shapes: _shapes, pending: _pending, repairs = {}, ...facts } = wild;
  const id = await client.createDataset();
  const { job, report } = await client.importArchive(id, 'data.zip', archive);
  const { format, taskType, numImages, numAnnotations, classNames, splits } = await client.dataset(id);
  const issues: Counted[] = report.report?.issues ?? [];
  const proposed: Repair[] = report.report?.repairs ?? [];
  const found = {
    state: job.state,
    format,
    taskType,
    images: numImages,
    annotations: numAnnotations,
    classes: classNames,
    splits,
    findings: Object.fromEntries(
      issues.filter(({ code }) => !OF_RECEIVING.includes(code)).map(({ code, count }) => [code, count]),
    ),
    lossless: report.report?.lossless,
    repairs: Object.fromEntries(proposed.filter(({ safe }) => safe).map(({ code, affects }) => [code, affects])),
  };
  return { found, stated: { state: 'completed', ...facts, repairs } };
}
