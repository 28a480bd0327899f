import { useTranslations } from 'use-intl';
import { useRoot } from '~/use-root';
import type { Visibility } from '~/visibility';

/**
 * Who may see a dataset: held by the form itself, or where `onChange` is given by whoever shows it. The organization that
 * has it is a choice where there is one.
 */
export function VisibilityChoice({
  value,
  organization,
  onChange,
}: {
  value: string;
  organization: string | null;
  onChange?: (value: Visibility) => void;
}) {
  const t = useTranslations();
  const isOpen = useRoot()?.anonymousRead ?? false;
  const choices: [Visibility, string][] = [
    ['private', t('dataset.privateHint')],
    ...(organization === null
      ? []
      : ([['organization', t('dataset.organizationHint', { name: organization })]] as [Visibility, string][])),
    ['public', t(isOpen ? 'dataset.publicToAllHint' : 'dataset.publicHint')],
  ];
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium text-slate-300">{t('dataset.whoMaySee')}</legend>
      {choices.map(([choice, hint]) => (
        <label key={choice} className="flex items-start gap-2 py-0.5 text-sm">
          <input
            type="radio"
            name="visibility"
            value={choice}
            className="mt-1"
            {...(onChange
              ? { checked: value === choice, onChange: () => onChange(choice) }
              : { defaultChecked: value === choice })}
          />
          <span>
            {t(`names.visibility.${choice}`)} <span className="text-dim">– {hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
