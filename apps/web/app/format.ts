import type { ImportView } from '@granary/api/client';
import { formatDistanceToNowStrict } from 'date-fns';

const LOCALE = 'en';
const number = new Intl.NumberFormat(LOCALE);
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export const formatCount = (value: number): string => number.format(value);

/** Decimal units, as disks and networks count. */
export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(LOCALE, {
    style: 'unit',
    unit: UNITS[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power);
}

export const formatAgo = (iso: string): string => formatDistanceToNowStrict(new Date(iso), { addSuffix: true });

export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** As people name them, the last first: names that are not here come behind. */
const SPLITS = ['test', 'val', 'train'];

export const inOrderOfSplits = (splits: Record<string, number>): [string, number][] =>
  Object.entries(splits).sort(([a], [b]) => SPLITS.indexOf(b) - SPLITS.indexOf(a));

export const FORMAT_NAMES: Record<string, string> = {
  yolo: 'YOLO',
  coco: 'COCO',
  pascal_voc: 'Pascal VOC',
  imagefolder: 'ImageFolder',
  dice: 'DICE',
  csv: 'CSV',
  cvat: 'CVAT',
  labelme: 'LabelMe',
  label_studio: 'Label Studio',
  mvtec: 'MVTec AD',
  images: 'Images only',
};
export const formatName = (format: string | null): string => (format === null ? '–' : (FORMAT_NAMES[format] ?? format));

/** What an import brought: its files, or for a repair nothing but another reading of them. */
export function importTitle({
  filenames,
  state,
  options,
}: Pick<ImportView, 'filenames' | 'state' | 'options'>): string {
  const isActive = state === 'queued' || state === 'running';
  if (options.remove) {
    const { paths, folders } = options.remove;
    const [first = ''] = [...folders, ...paths];
    const others = folders.length + paths.length - 1;
    return `${isActive ? 'Removing' : 'Removal of'} ${first}${others > 0 ? ` and ${formatCount(others)} more` : ''}`;
  }
  if (filenames.length === 0) return isActive ? 'Repairing the annotations' : 'Repair of the annotations';
  const shown = filenames.slice(0, 5).join(', ') + (filenames.length > 5 ? ` and ${filenames.length - 5} more` : '');
  return isActive ? `Importing ${shown}` : shown;
}

/** What datasets are labeled for, as the API has it. */
export const TASKS = [
  'image_classification',
  'object_detection',
  'instance_segmentation',
  'keypoint_detection',
  'oriented_detection',
  'anomaly_detection',
  'image_captioning',
  'text',
] as const;

export const taskName = (task: string | null): string => (task === null ? 'not labeled' : task.replaceAll('_', ' '));

/** One colour per class, far apart for neighbouring numbers (the golden angle). */
export const classColor = (index: number | null): string => `hsl(${((index ?? 0) * 137.508 + 150) % 360} 80% 62%)`;
