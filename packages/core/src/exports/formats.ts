import { type Format, WRITABLE_FORMATS } from '@granary/formats';
import type { Dataset } from '../access/policy.ts';
import { AppError } from '../errors/app-error.ts';

/** Made for training, with the images within: they cannot be left out. */
export const PACKED_FORMATS = ['webdataset', 'parquet'] as const;

/** What a dataset of images can leave as: the tree as it is, one that is written, or files that images are packed into. */
const OF_IMAGES = ['original', ...WRITABLE_FORMATS, ...PACKED_FORMATS] as const;

/** What a dataset of rows can leave as. */
const OF_ROWS = ['original', 'jsonl', 'csv', 'parquet'] as const;

export type ExportFormat = 'original' | Format;

export const EXPORT_FORMATS: readonly ExportFormat[] = [...new Set<ExportFormat>([...OF_IMAGES, ...OF_ROWS])];

export const hasRows = ({ numSamples, numImages }: Pick<Dataset, 'numSamples' | 'numImages'>): boolean =>
  numSamples > 0 && numImages === 0;

/** The formats that a dataset can be exported in. */
export const exportFormatsOf = (dataset: Pick<Dataset, 'numSamples' | 'numImages'>): readonly ExportFormat[] =>
  hasRows(dataset) ? OF_ROWS : OF_IMAGES;

const isPacked = (format: ExportFormat): boolean => PACKED_FORMATS.some((packed) => packed === format);

/** @throws AppError `invalid_input` */
export function assertExportFormat(
  dataset: Pick<Dataset, 'numSamples' | 'numImages'>,
  format: ExportFormat,
  images = true,
): void {
  if (!images && isPacked(format) && !hasRows(dataset)) {
    const message = `must be true for ${format}, which has the images in it`;
    throw new AppError('invalid_input', { issues: [{ path: 'images', message }] });
  }
  const formats = exportFormatsOf(dataset);
  if (formats.includes(format)) return;
  const message = `must be one of ${formats.join(', ')} for a dataset of ${hasRows(dataset) ? 'rows' : 'images'}`;
  throw new AppError('invalid_input', { issues: [{ path: 'format', message }] });
}
