import type { OrganizationView, TransferView } from '@granary/client';
import { useFetcher } from '@remix-run/react';
import { useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import type { action } from '~/actions/transfer.server';
import { useFormat } from '~/format';
import { useAnswerAtOnce } from '~/use-answer';
import { Button, Card, Field, fieldStyle, ServerError } from './ui';

/** Gives a dataset to someone else, who has to accept it. */
export function Transfer({
  datasetId,
  transfer,
  organizations,
}: {
  datasetId: string;
  transfer: TransferView | null;
  organizations: readonly OrganizationView[];
}) {
  const t = useTranslations('sharing');
  const format = useFormat();
  const fetcher = useFetcher<typeof action>();
  const [target, setTarget] = useState('');
  // Whose it was may not see this page any more.
  useAnswerAtOnce(fetcher, (answer) => {
    if (answer.isDone) toast.success(t('transferred'));
  });
  return (
    <Card title={t('transfer')}>
      <p className="-mt-2 mb-4 text-sm text-dim">{t('transferIntro')}</p>
      <fetcher.Form
        method="post"
        action={`/datasets/${datasetId}/transfer`}
        className="flex flex-wrap items-end gap-2 text-sm"
      >
        {transfer ? (
          <>
            <input type="hidden" name="transferId" value={transfer.id} />
            <p className="min-w-40 flex-1" suppressHydrationWarning>
              {t('offeredTo', { name: transfer.to, ago: format.ago(transfer.createdAt) })}
            </p>
            <Button
              type="submit"
              name="intent"
              value="withdraw"
              variant="secondary"
              disabled={fetcher.state !== 'idle'}
            >
              {t('withdraw')}
            </Button>
          </>
        ) : (
          <>
            <label>
              <span className="mb-1.5 block font-medium text-soft">{t('transferTo')}</span>
              <select
                name="organizationId"
                value={target}
                onChange={(event) => setTarget(event.target.value)}
                className={fieldStyle}
              >
                <option value="">{t('toPerson')}</option>
                {organizations.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            {target === '' ? (
              <div className="min-w-48 flex-1">
                <Field label={t('toEmail')} name="transferEmail" type="email" required />
              </div>
            ) : null}
            <Button type="submit" name="intent" value="offer" variant="secondary" disabled={fetcher.state !== 'idle'}>
              {t('offer')}
            </Button>
          </>
        )}
      </fetcher.Form>
      {fetcher.data?.error ? (
        <div className="mt-3">
          <ServerError error={fetcher.data.error} />
        </div>
      ) : null}
    </Card>
  );
}
