import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { ReceiptText } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { load } from '~/api.server';
import { CopyButton } from '~/components/copy-button';
import { JobPanel } from '~/components/job-panel';
import { useJobText } from '~/components/job-text';
import { Card, Facts, ServerError, StatusBadge } from '~/components/ui';
import { useFormat } from '~/format';
import { titled } from '~/title';

export const meta = titled(({ receipt }) => receipt.title);

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.jobs.get({ id: params.id ?? '' }));
}

/** A job of its own page: how far it is, then what came of it; of a purge, the receipt. */
export default function Job() {
  const t = useTranslations('receipt');
  const job = useLoaderData<typeof loader>();
  const text = useJobText();
  const isActive = job.state === 'queued' || job.state === 'running';
  const receipt = job.kind === 'purge' ? purgeReceipt.safeParse(job.result) : null;
  return (
    <div className="mx-auto max-w-2xl space-y-5">
      {job.kind === 'purge' ? (
        <Link to="/trash" className="inline-block text-sm text-dim hover:text-ink">
          {t('toTrash')}
        </Link>
      ) : null}
      {isActive ? <JobPanel key={job.id} jobId={job.id} title={text.title(job)} /> : null}
      {!isActive && receipt?.success ? <Receipt receipt={receipt.data} finishedAt={job.finishedAt} /> : null}
      {isActive || receipt?.success ? null : (
        <Card>
          <div className="flex items-center gap-3">
            <h1 className="text-lg font-semibold">{text.title(job)}</h1>
            <StatusBadge status={job.state} />
          </div>
          {job.error ? (
            <div className="mt-4">
              <ServerError error={job.error} />
            </div>
          ) : null}
          {job.result ? (
            <div className="mt-4">
              <p className="mb-1 text-sm text-dim">{t('result')}</p>
              <pre className="overflow-x-auto rounded-md bg-canvas p-3 text-xs">
                {JSON.stringify(job.result, null, 2)}
              </pre>
            </div>
          ) : null}
        </Card>
      )}
    </div>
  );
}

const purgeReceipt = z.object({
  name: z.string(),
  imagesDeleted: z.number(),
  annotationsDeleted: z.number(),
  versionsDeleted: z.number(),
  projectsDeleted: z.number(),
  storageBytesFreed: z.number(),
  objectsDeleted: z.number(),
  objectsLeft: z.number(),
  backupPath: z.string().optional(),
});

function Receipt({ receipt, finishedAt }: { receipt: z.infer<typeof purgeReceipt>; finishedAt: string | null }) {
  const t = useTranslations('receipt');
  const format = useFormat();
  const { count } = format;
  return (
    <Card>
      <div className="mb-5 flex items-start gap-3">
        <ReceiptText className="mt-1 size-5 shrink-0 text-accent" aria-hidden />
        <h1 className="min-w-0 flex-1 text-lg font-semibold break-words">{t('purged', { name: receipt.name })}</h1>
        <CopyButton text={JSON.stringify(receipt, null, 2)} label={t('copy')} />
      </div>
      <Facts
        facts={[
          [t('images'), count(receipt.imagesDeleted)],
          [t('annotations'), count(receipt.annotationsDeleted)],
          [t('versions'), count(receipt.versionsDeleted)],
          [t('projects'), count(receipt.projectsDeleted)],
          [t('objects'), count(receipt.objectsDeleted)],
          [t('bytes'), format.bytes(receipt.storageBytesFreed)],
          [t('left'), count(receipt.objectsLeft)],
          [t('backup'), receipt.backupPath ?? t('noBackup')],
          [t('at'), finishedAt ? format.instant(finishedAt) : '–'],
        ]}
      />
    </Card>
  );
}
