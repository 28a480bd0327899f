import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { useFetcher, useLoaderData } from '@remix-run/react';
import { Archive } from 'lucide-react';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { BackupList } from '~/components/backup-list';
import { Integrity } from '~/components/integrity';
import { JobPanel } from '~/components/job-panel';
import { Button, ServerError } from '~/components/ui';
import { intentOf, parseForm } from '~/form.server';
import { useNames } from '~/format';
import { actOnIntegrity, integrityForms, loadIntegrity } from '~/integrity.server';

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const [integrity, backups] = await Promise.all([
    loadIntegrity(request, context, id),
    load(request, context, (api) => api.backups.ofDataset({ id, limit: 20 })),
  ]);
  return { integrity, backups: backups.items };
}

const form = z.discriminatedUnion('intent', [intentOf('backup', {}), ...integrityForms]);

export async function action({ request, context, params }: ActionFunctionArgs) {
  const id = params.id ?? '';
  const asked = await parseForm(request, form);
  if (asked.intent === 'backup') {
    const { error } = await act(() => context.api.backups.create({ id }));
    return { error, done: error ? null : ('made' as const) };
  }
  return actOnIntegrity(asked, context, id);
}

export default function Maintenance() {
  const t = useTranslations('backups');
  const integrityTexts = useTranslations('integrity');
  const names = useNames();
  const { integrity, backups } = useLoaderData<typeof loader>();
  const fetcher = useFetcher<typeof action>();
  const answer = fetcher.data;
  useEffect(() => {
    if (answer?.done === 'made') toast.success(t('made'));
  }, [answer, t]);
  const running = backups.find(({ state }) => state === 'running');
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <BackupList backups={backups}>
        <fetcher.Form method="post" className="mb-3">
          <input type="hidden" name="intent" value="backup" />
          <Button type="submit" variant="secondary" disabled={fetcher.state !== 'idle' || running !== undefined}>
            <Archive className="size-4" aria-hidden /> {t('make')}
          </Button>
        </fetcher.Form>
        {answer?.error ? <ServerError error={answer.error} /> : null}
        {running ? <JobPanel key={running.jobId} jobId={running.jobId} title={names.job('backup')} /> : null}
      </BackupList>
      <Integrity {...integrity} intro={integrityTexts('intro')} />
    </div>
  );
}
