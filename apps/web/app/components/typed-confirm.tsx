import { type ReactNode, useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button, buttonStyle, fieldStyle } from './ui';

/** A button that stays off until what is to be typed has been typed, exactly. */
export function TypedConfirm({
  expected,
  name,
  label,
  action,
  isBusy,
  isBlocked = false,
  onCancel,
}: {
  expected: string;
  /** Of the form's field. */
  name: string;
  label: ReactNode;
  /** What the button says that does it. */
  action: string;
  isBusy: boolean;
  isBlocked?: boolean;
  onCancel(): void;
}) {
  const actions = useTranslations('actions');
  const id = useId();
  const [typed, setTyped] = useState('');
  return (
    <>
      <label htmlFor={id} className="mt-4 mb-1.5 block text-sm break-words">
        {label}
      </label>
      <input
        id={id}
        name={name}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        autoComplete="off"
        spellCheck={false}
        className={`${fieldStyle} w-full`}
      />
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className={buttonStyle.secondary} onClick={onCancel}>
          {actions('cancel')}
        </button>
        <Button type="submit" variant="danger" disabled={typed !== expected || isBusy || isBlocked}>
          {action}
        </Button>
      </div>
    </>
  );
}

/** What is to be typed, in a sentence about it. */
export const bold = (text: ReactNode) => <b className="font-mono break-all text-ink">{text}</b>;
