import { useTranslations } from 'use-intl';

type Visibility = 'private' | 'public';

const CHOICES = [
  ['private', 'privateHint'],
  ['public', 'publicHint'],
] as const satisfies [Visibility, string][];

/** Who may see a dataset: held by the form itself, or where `onChange` is given by whoever shows it. */
export function VisibilityChoice({ value, onChange }: { value: string; onChange?: (value: Visibility) => void }) {
  const t = useTranslations();
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium text-slate-300">{t('dataset.whoMaySee')}</legend>
      {CHOICES.map(([choice, hint]) => (
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
            {t(`names.visibility.${choice}`)} <span className="text-dim">– {t(`dataset.${hint}`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
