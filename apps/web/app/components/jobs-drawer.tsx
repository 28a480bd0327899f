import type { JobView } from '@granary/client';
import * as Dialog from '@radix-ui/react-dialog';
import { Link, useNavigate } from '@remix-run/react';
import { Bell, BellRing, Loader2, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { useNames } from '~/format';
import { trpc } from '~/trpc';
import { Ago } from './ago';
import { useJobText } from './job-text';
import { buttonStyle, ProgressBar, StatusBadge } from './ui';

const isActive = ({ state }: JobView): boolean => state === 'queued' || state === 'running';
const BUSY_MS = 2000;
const IDLE_MS = 15_000;
/** A job that took this long is worth a notification of the browser. */
const LONG_MS = 10_000;

/** One's own jobs, looked at often while some are under way; the end of each is told. */
function useJobs(isOpen: boolean, onEnd: (job: JobView) => void): JobView[] {
  const [jobs, setJobs] = useState<JobView[]>([]);
  const active = useRef(new Set<string>());
  const tell = useRef(onEnd);
  tell.current = onEnd;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isWanted = true;
    const look = async () => {
      let isBusy = false;
      try {
        const { items } = await trpc.jobs.list.query({ limit: 20 });
        if (!isWanted) return;
        for (const job of items) if (active.current.has(job.id) && !isActive(job)) tell.current(job);
        active.current = new Set(items.filter(isActive).map(({ id }) => id));
        isBusy = active.current.size > 0;
        setJobs(items);
      } catch {
        // The server is away for the moment: the next look tells.
      }
      if (isWanted) timer = setTimeout(look, isBusy || isOpen ? BUSY_MS : IDLE_MS);
    };
    void look();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [isOpen]);
  return jobs;
}

/** Says what has ended, for which dataset, and leads there. */
function tellEnd(job: JobView, title: string, message: string, look: { label: string; onClick(): void }): void {
  const description = [job.datasetName, job.state === 'failed' ? message : null].filter(Boolean).join(': ');
  if (job.state === 'completed') toast.success(title, { description, action: look });
  else if (job.state === 'failed') toast.error(title, { description, action: look });
  const took = Date.parse(job.finishedAt ?? '') - Date.parse(job.startedAt ?? '');
  if (took < LONG_MS || !('Notification' in window) || Notification.permission !== 'granted') return;
  if (document.visibilityState === 'hidden')
    new Notification(title, { body: [job.datasetName, message].filter(Boolean).join(': ') });
}

/** A bell with the jobs of this person, from any page. */
export function JobsDrawer() {
  const t = useTranslations('jobs');
  const actions = useTranslations('actions');
  const names = useNames();
  const navigate = useNavigate();
  const text = useJobText();
  const [isOpen, setIsOpen] = useState(false);
  const jobs = useJobs(isOpen, (job) =>
    tellEnd(job, t('ended', { job: text.title(job), state: names.status(job.state) }), text.message(job), {
      label: t('look'),
      onClick: () => navigate(pathOf(job)),
    }),
  );
  const numActive = jobs.filter(isActive).length;
  return (
    <Dialog.Root open={isOpen} onOpenChange={setIsOpen}>
      <Dialog.Trigger
        className="relative rounded p-1.5 text-dim hover:text-ink"
        aria-label={numActive > 0 ? t('underWay', { count: numActive }) : t('jobs')}
      >
        {numActive > 0 ? (
          <Loader2 className="size-5 animate-spin text-accent" aria-hidden />
        ) : (
          <Bell className="size-5" aria-hidden />
        )}
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 right-0 z-50 flex w-[min(26rem,100vw)] flex-col border-l border-line bg-surface"
        >
          <div className="flex items-center justify-between border-b border-line px-5 py-3">
            <Dialog.Title className="font-semibold">{t('yours')}</Dialog.Title>
            <Dialog.Close className="rounded p-1 text-dim hover:text-ink" aria-label={actions('close')}>
              <X className="size-5" aria-hidden />
            </Dialog.Close>
          </div>
          <ul className="flex-1 divide-y divide-line overflow-y-auto text-sm">
            {jobs.map((job) => (
              <li key={job.id} className="px-5 py-3">
                <div className="flex items-center justify-between gap-3">
                  <Link to={pathOf(job)} className="font-medium hover:underline" onClick={() => setIsOpen(false)}>
                    {text.title(job)}
                  </Link>
                  <StatusBadge status={job.state} />
                </div>
                {job.datasetName ? <p className="mt-0.5 truncate text-soft">{job.datasetName}</p> : null}
                <p className="mt-1 break-words text-dim">
                  {text.message(job)} · <Ago at={job.createdAt} />
                </p>
                {isActive(job) ? (
                  <div className="mt-2">
                    <ProgressBar value={job.progress} label={text.title(job)} />
                  </div>
                ) : null}
              </li>
            ))}
            {jobs.length === 0 ? <li className="px-5 py-8 text-center text-dim">{t('none')}</li> : null}
          </ul>
          <AskForNotifications />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** A purge leads to its receipt, since there will be no dataset; what is of no dataset has a page of its own. */
const pathOf = ({ id, kind, datasetId }: JobView): string =>
  datasetId === null || kind === 'purge' ? `/jobs/${id}` : `/datasets/${datasetId}`;

/** Browsers ask only when someone clicks. */
function AskForNotifications() {
  const t = useTranslations('jobs');
  const [permission, setPermission] = useState(() =>
    typeof Notification === 'undefined' ? 'denied' : Notification.permission,
  );
  if (permission !== 'default') return null;
  return (
    <div className="border-t border-line p-4">
      <button
        type="button"
        className={`${buttonStyle.secondary} w-full`}
        onClick={() => void Notification.requestPermission().then(setPermission)}
      >
        <BellRing className="size-4" aria-hidden /> {t('tellMe')}
      </button>
    </div>
  );
}
