import * as Dialog from '@radix-ui/react-dialog';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Button, buttonStyle } from './ui';

/** Asks before something is done that people might regret. */
export function Confirm({
  title,
  children,
  action,
  trigger,
  onConfirm,
}: {
  title: string;
  children: ReactNode;
  /** What the button says that does it. */
  action: string;
  trigger: ReactNode;
  onConfirm(): void;
}) {
  const t = useTranslations('actions');
  return (
    <Dialog.Root>
      <Dialog.Trigger asChild>{trigger}</Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Content className="fixed top-1/2 left-1/2 z-50 w-[min(28rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-xl border border-line bg-surface p-5">
          <Dialog.Title className="font-semibold">{title}</Dialog.Title>
          <Dialog.Description asChild>
            <div className="mt-2 text-sm break-words text-dim">{children}</div>
          </Dialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <Dialog.Close className={buttonStyle.secondary}>{t('cancel')}</Dialog.Close>
            <Dialog.Close asChild>
              <Button onClick={onConfirm}>{action}</Button>
            </Dialog.Close>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
