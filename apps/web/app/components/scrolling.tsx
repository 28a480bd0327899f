import type { ReactNode } from 'react';

/** What scrolls by itself, and can be reached by the keyboard. */
export function Scrolling({ label, className, children }: { label: string; className: string; children: ReactNode }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the arrow keys do not scroll it
      tabIndex={0}
      aria-label={label}
      translate="no"
      className={className}
    >
      {children}
    </section>
  );
}
