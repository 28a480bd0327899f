import type { ImportView } from '@granary/client';
import { GIGABYTE } from '@granary/core/base/gigabytes';
import { FORMAT_TITLES } from '@granary/formats';
import { useMemo } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import type { en } from './messages/en';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Numbers, sizes and times in the language of the page. */
export function useFormat() {
  const format = useFormatter();
  const t = useTranslations('amounts');
  return useMemo(
    () => ({
      count: (value: number): string => format.number(value),
      /** Decimal units, as disks and networks count. */
      bytes(bytes: number): string {
        const power = Math.min(UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
        return format.number(bytes / 1000 ** power, {
          style: 'unit',
          unit: UNITS[power] ?? 'byte',
          unitDisplay: power === 0 ? 'long' : 'short',
          maximumFractionDigits: power === 0 ? 0 : 1,
        });
      },
      ago: (iso: string): string => format.relativeTime(new Date(iso), new Date()),
      instant: (iso: string): string =>
        format.dateTime(new Date(iso), { dateStyle: 'medium', timeStyle: 'long', timeZone: 'UTC' }),
      duration(seconds: number): string {
        if (!Number.isFinite(seconds)) return '';
        if (seconds < 60) return t('seconds', { count: Math.ceil(seconds) });
        if (seconds < 3600) return t('minutes', { count: Math.ceil(seconds / 60) });
        return t('hours', { count: seconds / 3600 });
      },
    }),
    [format, t],
  );
}

/** As people name them, the last first: names that are not here come behind. */
const SPLITS = ['test', 'validation', 'val', 'train'];

export const inOrderOfSplits = (splits: Record<string, number>): [string, number][] =>
  Object.entries(splits).sort(([a], [b]) => SPLITS.indexOf(b) - SPLITS.indexOf(a));

/** Names that are the same in every language. */
const FORMAT_NAMES: Record<string, string> = FORMAT_TITLES;
export const FORMATS = Object.keys(FORMAT_NAMES);

/** What datasets are labeled for, as the API has it. */
export const TASKS = [
  'image_classification',
  'object_detection',
  'instance_segmentation',
  'semantic_segmentation',
  'keypoint_detection',
  'oriented_detection',
  'anomaly_detection',
  'image_captioning',
  'text',
] as const satisfies (keyof (typeof en)['names']['task'])[];

/** Names of what the API says by a code; a code that is not known here stands for itself. */
export function useNames() {
  const t = useTranslations('names');
  return useMemo(() => {
    const named = (group: 'status' | 'task' | 'format' | 'job' | 'event', code: string): string => {
      const key = `${group}.${code}` as 'status.ready';
      return t.has(key) ? t(key) : code;
    };
    return {
      format: (format: string | null): string =>
        format === null
          ? '–'
          : t.has(`format.${format}` as 'format.images')
            ? named('format', format)
            : (FORMAT_NAMES[format] ?? format),
      task: (task: string | null): string => (task === null ? t('notLabeled') : named('task', task)),
      status: (status: string): string => named('status', status),
      job: (kind: string): string => named('job', kind),
      event: (action: string): string => named('event', action),
    };
  }, [t]);
}

type Titled = Pick<ImportView, 'filenames' | 'state' | 'options'>;

/** What an import is called, by its kind: what it brought or did, or what it is at. */
export function useImportTitle(): (item: Titled) => string {
  const t = useTranslations('imports');
  return (item) => {
    const isActive = item.state === 'queued' || item.state === 'running';
    const some = (all: readonly string[], shown: number): string => {
      const first = all.slice(0, shown).join(', ');
      return all.length > shown ? t('andMore', { first, count: all.length - shown }) : first;
    };
    const { options } = item;
    switch (options.kind) {
      case 'import': {
        const files = some(item.filenames, 5);
        return isActive ? t('importing', { files }) : files;
      }
      case 'repair':
        return isActive ? t('repairing') : t('repair');
      case 'remove': {
        const path = some([...options.remove.folders, ...options.remove.paths], 1);
        return isActive ? t('removing', { path }) : t('removal', { path });
      }
      case 'undo':
        return t(isActive ? 'undoing' : 'undone', { revision: options.undo.revision });
      case 'rollback':
        return t(isActive ? 'rollingBack' : 'rolledBack', { ref: options.rollback.ref });
      case 'adopt':
        return isActive ? t('adopting') : t('adopted');
      case 'download':
        return t(isActive ? 'downloading' : 'downloaded', { repo: options.hub.repoId });
      case 'fork':
        return t(isActive ? 'forking' : 'forked', { name: options.fork.name });
      case 'merge':
        return t(isActive ? 'merging' : 'merged', { name: options.merge.name });
      case 'publish':
        return isActive ? t('publishing') : t('published');
      case 'tokenize':
        return isActive ? t('tokenizing') : t('tokenized');
    }
  };
}

/** One colour per class, far apart for neighbouring numbers (the golden angle). */
export const classColor = (index: number | null): string => `hsl(${((index ?? 0) * 137.508 + 150) % 360} 80% 62%)`;

/** Bytes of what was typed as gigabytes; null for nothing. */
export const gigabytes = (text: string): number | null => (text === '' ? null : Math.round(Number(text) * GIGABYTE));

/** Whether a dataset holds rows, rather than images. */
export const isOfTexts = ({ taskType, numImages }: { taskType: string | null; numImages: number }): boolean =>
  taskType === 'text' && numImages === 0;
