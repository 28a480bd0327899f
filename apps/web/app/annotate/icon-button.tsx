import { clsx } from 'clsx';
import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes } from 'react';

/** A button of the workspace that is a picture only; its name says more, with its key. */
export function IconButton({
  icon: Icon,
  label,
  shortcut,
  className,
  ...props
}: ButtonHTMLAttributes<HTMLButtonElement> & { icon: LucideIcon; label: string; shortcut?: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={shortcut ? `${label} (${shortcut})` : label}
      aria-keyshortcuts={shortcut}
      {...props}
      className={clsx(iconButtonStyle, className)}
    >
      <Icon className="size-[1.125rem]" aria-hidden />
    </button>
  );
}

export const iconButtonStyle =
  'inline-flex size-9 shrink-0 items-center justify-center rounded-md text-ink hover:bg-raised disabled:opacity-40 aria-pressed:bg-accent aria-pressed:text-canvas pointer-coarse:size-11';

export const smallFieldStyle =
  'h-8 w-full min-w-0 rounded-md border border-edge bg-canvas px-2 text-sm text-ink placeholder:text-faint disabled:opacity-60 pointer-coarse:h-11';

export const smallButtonStyle =
  'inline-flex h-8 items-center justify-center gap-1.5 rounded-md border border-line bg-raised px-2.5 text-xs font-medium text-ink hover:bg-hover disabled:opacity-40 pointer-coarse:h-11';
