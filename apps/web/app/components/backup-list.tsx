import type { BackupView } from '@granary/client';
import { useFetcher } from '@remix-run/react';
import { Download } from 'lucide-react';
import { useTranslations } from 'use-intl';
import type { action } from '~/actions/restore-backup.server';
import { useFormat } from '~/format';
import { Confirm } from './confirm';
import { Button, buttonStyle, Card, ServerError } from './ui';

/** Backups with what can be done with them. */
export function BackupList({ backups, children }: { backups: readonly BackupView[]; children?: React.ReactNode }) {
  const t = useTranslations('backups');
  return (
    <Card title={t('title')}>
      <p className="-mt-2 mb-4 text-sm text-dim">{t('intro')}</p>
      {children}
      {backups.length === 0 ? <p className="text-sm text-dim">{t('none')}</p> : null}
      <ul className="divide-y divide-line text-sm">
        {backups.map((backup) => (
          <Item key={backup.id} backup={backup} />
        ))}
      </ul>
    </Card>
  );
}

function Item({ backup }: { backup: BackupView }) {
  const t = useTranslations('backups');
  const states = useTranslations('trash.backupState');
  const format = useFormat();
  const restoring = useFetcher<typeof action>();
  const { id, datasetName: name, state, counts, sizeBytes, isDatasetGone } = backup;
  return (
    <li className="flex flex-wrap items-center gap-x-5 gap-y-2 py-3">
      <div className="min-w-48 flex-1">
        <p className="font-medium break-words">{name}</p>
        <p className="text-xs text-dim">
          {[
            format.instant(backup.createdAt),
            ...(counts ? [t('counts', counts)] : []),
            ...(sizeBytes === null ? [] : [format.bytes(sizeBytes)]),
            ...(isDatasetGone ? [t('gone')] : []),
          ].join(' · ')}
        </p>
        {state === 'verified' ? (
          <p className="text-xs text-dim">
            {t('expires')}: {format.instant(backup.expiresAt)}
          </p>
        ) : null}
      </div>
      <span className={state === 'verified' ? 'text-good' : 'text-dim'}>{states(state)}</span>
      {state === 'verified' ? (
        <div className="flex gap-2">
          <a
            href={`/api/v1/backups/${id}/content`}
            aria-label={t('download', { name })}
            className={buttonStyle.secondary}
          >
            <Download className="size-4" aria-hidden />
          </a>
          <Confirm
            title={t('restoreTitle')}
            action={t('restore')}
            trigger={<Button variant="secondary">{t('restore')}</Button>}
            onConfirm={() => restoring.submit(null, { method: 'post', action: `/backups/${id}/restore` })}
          >
            {t('restoreHint')}
          </Confirm>
        </div>
      ) : null}
      {restoring.data ? <ServerError error={restoring.data} /> : null}
    </li>
  );
}
