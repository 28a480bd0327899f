import * as Dialog from '@radix-ui/react-dialog';
import type { ReactNode } from 'react';

/** A dialog in the middle of the page, as wide as its content wants and the page allows. */
export function Modal({
  title,
  children,
  ...root
}: {
  title: ReactNode;
  children: ReactNode;
  open: boolean;
  onOpenChange(open: boolean): void;
}) {
  return (
    <Dialog.Root {...root}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[min(32rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-xl border border-line bg-surface p-5"
        >
          <Dialog.Title className="font-semibold break-words">{title}</Dialog.Title>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
