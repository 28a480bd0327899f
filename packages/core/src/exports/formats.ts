import { type Format, WRITABLE_FORMATS } from '@granary/formats';
import type { Dataset } from '../access/policy.ts';
import { AppError } from '../errors/app-error.ts';

/** What a dataset of images can leave as: the tree as it is, or one that is written. */
const OF_IMAGES = ['original', ...WRITABLE_FORMATS] as const;

/** What a dataset of rows can leave as. */
const OF_ROWS = ['original', 'jsonl', 'csv', 'parquet'] as const;

export type ExportFormat = 'original' | Format;

export const EXPORT_FORMATS: readonly ExportFormat[] = [...new Set<ExportFormat>([...OF_IMAGES, ...OF_ROWS])];

export const hasRows = ({ numSamples, numImages }: Pick<Dataset, 'numSamples' | 'numImages'>): boolean =>
  numSamples > 0 && numImages === 0;

/** The formats that a dataset can be exported in. */
export const exportFormatsOf = (dataset: Pick<Dataset, 'numSamples' | 'numImages'>): readonly ExportFormat[] =>
  hasRows(dataset) ? OF_ROWS : OF_IMAGES;

/** @throws AppError `invalid_input` */
export function assertExportFormat(dataset: Pick<Dataset, 'numSamples' | 'numImages'>, format: ExportFormat): void {
  const formats = exportFormatsOf(dataset);
  if (formats.includes(format)) return;
  const message = `must be one of ${formats.join(', ')} for a dataset of ${hasRows(dataset) ? 'rows' : 'images'}`;
  throw new AppError('invalid_input', { issues: [{ path: 'format', message }] });
}
