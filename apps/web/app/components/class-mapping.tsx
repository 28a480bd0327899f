import type { DatasetView } from '@granary/client';
import type { AnalysisSummary } from '@granary/formats';
import { useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { ImportWishes } from '~/upload/manager';
import { fieldStyle } from './ui';

/** By the name in what is added: the class of the dataset that it becomes, or its own name. */
type Targets = Readonly<Record<string, string>>;

interface Mapping {
  /** Classes that need a word. */
  asked: readonly string[];
  targets: Targets;
  choose(name: string, target: string): void;
  wishes: Pick<ImportWishes, 'classMap' | 'newClasses'>;
}

const isBareNumber = (name: string): boolean => /^class_\d+$/.test(name);
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/**
 * What is to become of classes that the dataset does not have, or has under other numbers. Labels of YOLO say their
 * classes by number alone: there every class is asked for as soon as one has another number.
 */
export function useClassMapping(dataset: DatasetView, analysis: AnalysisSummary | null): Mapping {
  const { classNames, format } = dataset;
  const [chosen, setChosen] = useState<Targets>({});
  const found = analysis?.classes;
  const isNumbered = format === 'yolo' && analysis?.format === 'yolo';
  return useMemo(() => {
    const choose = (name: string, target: string) => setChosen((now) => ({ ...now, [name]: target }));
    const incoming = found ?? [];
    const isOther = isNumbered
      ? !incoming.every(isBareNumber) && incoming.some((name, index) => classNames[index] !== name)
      : incoming.some((name) => !classNames.includes(name));
    if (classNames.length === 0 || !isOther) return { asked: [], targets: {}, choose, wishes: {} };
    const asked = isNumbered ? incoming : incoming.filter((name) => !classNames.includes(name));
    const guess = (name: string) => classNames.find((own) => own === name || plain(own) === plain(name)) ?? name;
    const targets = Object.fromEntries(asked.map((name) => [name, chosen[name] ?? guess(name)]));
    const classMap = Object.fromEntries(Object.entries(targets).filter(([name, target]) => name !== target));
    return { asked, targets, choose, wishes: { classMap, ...(isNumbered ? { newClasses: [...incoming] } : {}) } };
  }, [classNames, isNumbered, found, chosen]);
}

/** A choice for each class: one of the dataset's, or a new one. */
export function ClassMapping({ dataset, mapping }: { dataset: DatasetView; mapping: Mapping }) {
  const t = useTranslations('upload');
  const { asked, targets, choose } = mapping;
  if (asked.length === 0) return null;
  return (
    <fieldset className="rounded-lg border border-line p-4">
      <legend className="px-1 text-sm font-medium">{t('mapping')}</legend>
      <p className="mb-3 text-sm text-dim">{t('mappingHint')}</p>
      <ul className="max-h-80 space-y-2 overflow-y-auto text-sm">
        {asked.map((name) => (
          <li key={name} className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)] items-center gap-3">
            <span className="truncate" title={name}>
              {name}
            </span>
            <span aria-hidden className="text-dim">
              →
            </span>
            <select
              aria-label={t('classFor', { name })}
              value={targets[name]}
              onChange={(event) => choose(name, event.target.value)}
              className={fieldStyle}
            >
              {dataset.classNames.includes(name) ? null : <option value={name}>{t('newClass')}</option>}
              {[...new Set(dataset.classNames)].map((own) => (
                <option key={own} value={own}>
                  {own}
                </option>
              ))}
            </select>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
