type Visibility = 'private' | 'public';

const CHOICES = [
  ['private', 'Private', 'only you, and people you give access'],
  ['public', 'Public', 'everyone who is signed in may look at it and download it'],
] as const satisfies [Visibility, string, string][];

/** Who may see a dataset: held by the form itself, or where `onChange` is given by whoever shows it. */
export function VisibilityChoice({ value, onChange }: { value: string; onChange?: (value: Visibility) => void }) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium text-slate-300">Who may see it</legend>
      {CHOICES.map(([choice, label, hint]) => (
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
            {label} <span className="text-dim">– {hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
