import type { DatasetView } from '@granary/client';
import type { JoiningSummary } from '@granary/formats';
import { useTranslations } from 'use-intl';
import type { ImportWishes } from '~/upload/manager';
import { Choices } from './choices';

/** What becomes of the labels that a dataset has. */
export interface LabelWish {
  way: 'add' | 'replace' | 'replaceAll';
  /** Whether losing the labels of other images was asked for. */
  isSure: boolean;
}

export const wishesOf = ({ way }: LabelWish): Pick<ImportWishes, 'labelsOnly' | 'replaceAll'> => ({
  labelsOnly: way !== 'add',
  replaceAll: way === 'replaceAll',
});

/** Whether new labels join those that are there, stand for them, or stand for all; with how many images each is about. */
export function LabelChoice({
  dataset,
  analysis,
  wish,
  onChange,
}: {
  dataset: DatasetView;
  analysis: Partial<Pick<JoiningSummary, 'joined'>> | null;
  wish: LabelWish;
  onChange(wish: LabelWish): void;
}) {
  const t = useTranslations('upload');
  const joined = analysis?.joined;
  const choices = [
    ['add', t('labelsAdd'), t('labelsAddHint')],
    ['replace', t('labelsReplace'), t('labelsReplaceHint')],
    ['replaceAll', t('labelsReplaceAll'), t('labelsReplaceAllHint', { annotations: dataset.numAnnotations })],
  ] as const;
  return (
    <fieldset className="rounded-lg border border-line p-4">
      <legend className="px-1 text-sm font-medium">{t('labelsOf')}</legend>
      <Choices name="labels" value={wish.way} options={choices} onChange={(way) => onChange({ way, isSure: false })} />
      {joined ? (
        <p className="mt-3 text-sm text-dim" role="status">
          {t('labelsJoin', { images: joined.images, labeled: joined.labeled })}
        </p>
      ) : null}
      {wish.way === 'replaceAll' ? (
        <label className="mt-3 flex items-start gap-2 text-sm text-warn">
          <input
            type="checkbox"
            className="mt-1"
            checked={wish.isSure}
            onChange={(event) => onChange({ ...wish, isSure: event.target.checked })}
          />
          <span>{joined ? t('labelsSure', { images: joined.others }) : t('labelsSureUnknown')}</span>
        </label>
      ) : null}
    </fieldset>
  );
}
