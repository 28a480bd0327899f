import type { ReactNode } from 'react';
import { CopyButton } from './copy-button';

/** What is shown this once: a key, or a link that opens something. */
export function Once({ children, text, label }: { children: ReactNode; text: string; label: string }) {
  return (
    <div role="status" className="rounded-md border border-good/40 bg-good/10 p-3 text-sm">
      <p>{children}</p>
      <p className="mt-2 flex items-center gap-2">
        <code className="min-w-0 break-all">{text}</code>
        <CopyButton text={text} label={label} />
      </p>
    </div>
  );
}
