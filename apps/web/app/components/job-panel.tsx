import type { JobView } from '@granary/client';
import { errorOf } from '@granary/client/errors';
import { useRevalidator } from '@remix-run/react';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { useNames } from '~/format';
import { useServerTexts } from '~/server-texts';
import { trpc } from '~/trpc';
import { useLookAgain } from '~/use-look-again';
import { useRoot } from '~/use-root';
import { useJobText } from './job-text';
import { Button, Card, ProgressBar } from './ui';

interface JobPanelProps {
  jobId: string;
  title: string;
  onCancel?: (() => void) | undefined;
}

/** Follows a job until it is finished, then loads the page's data anew. */
export function JobPanel(props: JobPanelProps) {
  return useRoot()?.isAnonymous ? <UnderWay title={props.title} /> : <Watched {...props} />;
}

const LOOK_AGAIN_MS = 5000;

/** For who is not signed in, to whom jobs are not told: that something is under way, until it is not. */
function UnderWay({ title }: { title: string }) {
  const names = useNames();
  useLookAgain(LOOK_AGAIN_MS);
  return (
    <Card>
      <p className="font-medium">{title}</p>
      <p className="text-sm text-dim" role="status">
        {names.status('running')}
      </p>
    </Card>
  );
}

function Watched({ jobId, title, onCancel }: JobPanelProps) {
  const t = useTranslations('jobs');
  const actions = useTranslations('actions');
  const text = useJobText();
  const [job, setJob] = useState<JobView | null>(null);
  const [isConnected, setIsConnected] = useState(true);
  const { revalidate } = useRevalidator();
  useEffect(() => {
    const subscription = trpc.jobs.watch.subscribe(
      { id: jobId },
      {
        onData: ({ data }) => {
          setJob(data);
          if (data.state !== 'queued' && data.state !== 'running') {
            subscription.unsubscribe();
            revalidate();
          }
        },
        onConnectionStateChange: ({ state }) => setIsConnected(state !== 'connecting'),
        onError: () => revalidate(),
      },
    );
    return () => subscription.unsubscribe();
  }, [jobId, revalidate]);
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <p className="font-medium">{title}</p>
          <p className="text-sm text-dim" role="status">
            {isConnected ? (job && text.message(job)) || t('waiting') : t('reconnecting')}
          </p>
        </div>
        {onCancel ? (
          <span className="flex gap-2">
            {job?.kind === 'download' && (job.state === 'queued' || job.state === 'running') ? (
              <Pause job={job} />
            ) : null}
            <Button variant="secondary" onClick={onCancel}>
              {actions('cancel')}
            </Button>
          </span>
        ) : null}
      </div>
      <div className="mt-4">
        <ProgressBar value={job?.progress ?? 0} label={title} />
      </div>
    </Card>
  );
}

function Pause({ job }: { job: JobView }) {
  const t = useTranslations('jobs');
  const texts = useServerTexts();
  const [isAsked, setIsAsked] = useState(false);
  const toggle = async () => {
    setIsAsked(true);
    const { pause, resume } = trpc.jobs;
    await (job.isPaused ? resume : pause)
      .mutate({ id: job.id })
      .catch((thrown) => toast.error(texts.error(errorOf(thrown) ?? { code: 'internal', message: '' }).message));
    setIsAsked(false);
  };
  return (
    <Button variant="secondary" disabled={isAsked} onClick={() => void toggle()}>
      {job.isPaused ? t('resume') : t('pause')}
    </Button>
  );
}
