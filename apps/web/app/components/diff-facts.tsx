import type { DiffSummary } from '@granary/client';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import { Facts } from './ui';

/** What is different between two versions, in numbers. */
export function DiffFacts({ summary }: { summary: DiffSummary }) {
  const t = useTranslations('history');
  const format = useFormat();
  const { files, annotations, images, splits, rows, classChanges } = summary;
  const counts = (of: { added: number; removed: number; changed?: number }) =>
    [`+${format.count(of.added)}`, `−${format.count(of.removed)}`]
      .concat(of.changed === undefined ? [] : [`~${format.count(of.changed)}`])
      .join(' ');
  return (
    <Facts
      facts={[
        [t('inFiles'), counts(files)],
        [t('moved'), format.count(files.moved)],
        ...(rows ? [[t('inRows'), counts(rows)] as [string, string]] : []),
        [t('inAnnotations'), counts(annotations)],
        [t('inImages'), format.count(images.changed)],
        [t('inSplits'), format.count(splits.moved)],
        ...classChanges.map(({ change, before, after }): [string, string] => [
          t('inClasses'),
          t(change === 'renamed' ? 'renamed' : change === 'added' ? 'classAdded' : 'classRemoved', {
            before: before ?? '',
            after: after ?? '',
          }),
        ]),
      ]}
    />
  );
}
