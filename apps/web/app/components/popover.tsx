import * as Radix from '@radix-ui/react-popover';
import type { ReactNode } from 'react';
import { buttonStyle } from './ui';

/** What a button opens below itself; Escape, or a click elsewhere, closes it. */
export function Popover({ title, icon, children }: { title: string; icon?: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger className={`${buttonStyle.secondary} py-1.5`}>
        {icon} {title}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={title}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          className="z-20 max-h-80 w-64 overflow-y-auto rounded-xl border border-line bg-surface p-3 text-sm shadow-xl"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
