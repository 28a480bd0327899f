import { clsx } from 'clsx';
import type {
  ButtonHTMLAttributes,
  InputHTMLAttributes,
  PointerEvent,
  ReactNode,
  SelectHTMLAttributes,
  TextareaHTMLAttributes,
} from 'react';
import { useNames } from '~/format';
import { useServerTexts } from '~/server-texts';

const BUTTON =
  'inline-flex items-center justify-center gap-2 rounded-md px-3.5 py-2 text-sm font-medium transition disabled:cursor-not-allowed disabled:opacity-50';

export const buttonStyle = {
  primary: clsx(BUTTON, 'bg-action text-on-action hover:bg-action-hover'),
  danger: clsx(BUTTON, 'bg-danger text-on-action hover:bg-danger-hover'),
  secondary: clsx(BUTTON, 'border border-line bg-raised text-ink hover:bg-hover'),
  icon: 'rounded-md border border-line bg-raised p-2 text-ink hover:bg-hover disabled:opacity-40',
};

export const fieldStyle =
  'rounded-md border border-edge bg-canvas px-3 py-2 text-sm placeholder:text-faint aria-invalid:border-bad';

export function Button({
  variant = 'primary',
  className,
  ...props
}: ButtonHTMLAttributes<HTMLButtonElement> & { variant?: keyof typeof buttonStyle }) {
  return <button type="button" {...holdPress} {...props} className={clsx(buttonStyle[variant], className)} />;
}

/**
 * A press counts though the button moves away under the pointer, as when something above it appears at that moment: browsers
 * make a click only of a press and a release at the same element. Who moves the pointer away takes the press back, as ever.
 */
const holdPress = {
  onPointerDown({ currentTarget, pointerId, isPrimary, pointerType }: PointerEvent<HTMLButtonElement>) {
    if (isPrimary && pointerType === 'mouse') currentTarget.setPointerCapture(pointerId);
  },
  onPointerMove({ currentTarget, pointerId, movementX, movementY }: PointerEvent<HTMLButtonElement>) {
    if (currentTarget.hasPointerCapture(pointerId) && Math.abs(movementX) + Math.abs(movementY) > 2)
      currentTarget.releasePointerCapture(pointerId);
  },
};

export function Card({ title, children, className }: { title?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={clsx('rounded-xl border border-line bg-surface p-5', className)}>
      {title ? <h2 className="mb-4 text-sm font-semibold text-soft">{title}</h2> : null}
      {children}
    </section>
  );
}

interface Labelled {
  label: string;
  name: string;
}

export function Field({
  label,
  name,
  error,
  hint,
  id = name,
  ...props
}: InputHTMLAttributes<HTMLInputElement> & Labelled & { error?: string | undefined; hint?: string }) {
  const describedBy = error || hint ? `${id}-note` : undefined;
  return (
    <Labelling id={id} label={label}>
      <input
        id={id}
        name={name}
        {...props}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy}
        className={clsx(fieldStyle, 'w-full')}
      />
      {describedBy ? (
        <p id={describedBy} className={clsx('mt-1 text-xs', error ? 'text-bad' : 'text-dim')}>
          {error ?? hint}
        </p>
      ) : null}
    </Labelling>
  );
}

/** Text of several lines; what is to be known of it stands beside its label. */
export function TextAreaField({
  label,
  name,
  note,
  className,
  ...props
}: TextareaHTMLAttributes<HTMLTextAreaElement> & Labelled & { note: string }) {
  return (
    <Labelling id={name} label={label} note={note}>
      <textarea id={name} name={name} {...props} className={clsx(fieldStyle, 'w-full', className)} />
    </Labelling>
  );
}

/** A choice with its label above it. */
export function SelectField({ label, name, children, ...props }: SelectHTMLAttributes<HTMLSelectElement> & Labelled) {
  return (
    <Labelling id={name} label={label}>
      <select id={name} name={name} {...props} className={clsx(fieldStyle, 'w-full')}>
        {children}
      </select>
    </Labelling>
  );
}

function Labelling({ id, label, note, children }: { id: string; label: string; note?: string; children: ReactNode }) {
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-soft">
        {label}
        {note ? <span className="font-normal text-dim"> {note}</span> : null}
      </label>
      {children}
    </div>
  );
}

/** Amounts, each beside its name. */
export function Facts({ facts }: { facts: readonly [name: string, value: ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-dim">{name}</dt>
          <dd className="text-right break-all tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function FormError({ message, hint }: { message: string; hint?: string | undefined }) {
  return (
    <p role="alert" className="rounded-md border border-bad/40 bg-bad/10 px-3 py-2 text-sm text-bad">
      {message}
      {hint ? <span className="block text-bad/80">{hint}</span> : null}
    </p>
  );
}

/** What the server says went wrong, in the language of the page. */
export function ServerError({ error }: { error: { code: string; message: string; hint?: string | undefined } }) {
  return <FormError {...useServerTexts().error(error)} />;
}

const STATUS_STYLE: Record<string, string> = {
  ready: 'bg-good/10 text-good',
  completed: 'bg-good/10 text-good',
  failed: 'bg-bad/10 text-bad',
  cancelled: 'bg-raised text-soft',
};

export function StatusBadge({ status, progress }: { status: string; progress?: number }) {
  const names = useNames();
  const isBusy = status === 'processing' || status === 'running' || status === 'uploading' || status === 'downloading';
  return (
    <span
      className={clsx(
        'inline-flex rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap',
        STATUS_STYLE[status] ?? 'bg-note/10 text-note',
      )}
    >
      {names.status(status)}
      {isBusy && progress ? ` ${progress} %` : ''}
    </span>
  );
}

export function ProgressBar({ value, label }: { value: number; label: string }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(value)}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-2 overflow-hidden rounded-full bg-raised"
    >
      <div className="h-full rounded-full bg-accent transition-[width] duration-300" style={{ width: `${value}%` }} />
    </div>
  );
}

export function EmptyState({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <div className="rounded-xl border border-dashed border-edge px-6 py-16 text-center">
      <div className="mx-auto mb-4 flex size-12 items-center justify-center rounded-full bg-raised text-accent">
        {icon}
      </div>
      <h2 className="text-lg font-semibold">{title}</h2>
      <div className="mt-2 text-sm text-dim">{children}</div>
    </div>
  );
}
