/** One of a few, each with a word on what it means. Chosen by the page with `onChange`, else by the form it is in. */
export function Choices<Value extends string>({
  name,
  value,
  options,
  onChange,
}: {
  name: string;
  value: string;
  options: readonly (readonly [value: Value, label: string, hint: string])[];
  onChange?: ((value: Value) => void) | undefined;
}) {
  return (
    <div className="space-y-2">
      {options.map(([option, label, hint]) => (
        <label key={option} className="flex items-start gap-2 text-sm">
          <input
            type="radio"
            name={name}
            value={option}
            className="mt-1"
            {...(onChange
              ? { checked: value === option, onChange: () => onChange(option) }
              : { defaultChecked: value === option })}
          />
          <span>
            {label} <span className="text-dim">– {hint}</span>
          </span>
        </label>
      ))}
    </div>
  );
}
