import type { IntegrityCheckView, IntegrityFindingView, JobView } from '@granary/client';
import { Link, useFetcher } from '@remix-run/react';
import { ShieldCheck } from 'lucide-react';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { useFormat, useNames } from '~/format';
import type { actOnIntegrity } from '~/integrity.server';
import { Confirm } from './confirm';
import { JobPanel } from './job-panel';
import { Button, buttonStyle, Card, ServerError } from './ui';

interface Findings {
  items: IntegrityFindingView[];
  counts: Partial<Record<IntegrityFindingView['code'], number>>;
  nextCursor: string | null;
}

/** The newest check, what it has found, and what can be done about it. */
export function Integrity({
  check,
  job,
  findings,
  intro,
}: {
  check: IntegrityCheckView | null;
  job: JobView | null;
  findings: Findings | null;
  intro: string;
}) {
  const t = useTranslations('integrity');
  const names = useNames();
  const format = useFormat();
  const fetcher = useFetcher<Awaited<ReturnType<typeof actOnIntegrity>>>();
  const answer = fetcher.data;
  useEffect(() => {
    if (answer?.done) toast.success(t(answer.done));
  }, [answer, t]);
  const isRunning = job !== null && (job.state === 'queued' || job.state === 'running');
  const open = Object.entries(findings?.counts ?? {}) as [IntegrityFindingView['code'], number][];
  return (
    <Card title={t('title')}>
      <p className="-mt-2 mb-4 text-sm text-dim">{intro}</p>
      <fetcher.Form method="post" className="flex flex-wrap items-center gap-x-5 gap-y-3 text-sm">
        <input type="hidden" name="intent" value="check" />
        <Button type="submit" variant="secondary" disabled={isRunning || fetcher.state !== 'idle'}>
          <ShieldCheck className="size-4" aria-hidden /> {t('check')}
        </Button>
        <label className="flex items-center gap-2">
          <input type="checkbox" name="deep" value="true" className="size-4 accent-accent" /> {t('deep')}
        </label>
      </fetcher.Form>
      {answer?.error ? (
        <div className="mt-4">
          <ServerError error={answer.error} />
        </div>
      ) : null}
      {isRunning && job ? (
        <div className="mt-4">
          <JobPanel key={job.id} jobId={job.id} title={names.job(job.kind)} />
        </div>
      ) : null}
      {job?.error ? (
        <div className="mt-4">
          <ServerError error={job.error} />
        </div>
      ) : null}
      {check?.finishedAt ? (
        <div className="mt-4 space-y-1 text-sm">
          <p>
            {format.instant(check.finishedAt)}
            {check.isDeep ? ` · ${t('isDeep')}` : ''} · {t('findings', { count: check.findings })}
          </p>
          <p className="text-dim">{t('checked', { objects: check.objects, files: check.files })}</p>
          {check.busy.length > 0 ? (
            <p className="text-warn" title={check.busy.join(', ')}>
              {t('busy', { count: check.busy.length })}
            </p>
          ) : null}
          {check.findings === 0 ? <p className="text-good">{t('sound')}</p> : null}
        </div>
      ) : isRunning ? null : (
        <p className="mt-4 text-sm text-dim">{t('never')}</p>
      )}
      {check && findings ? (
        <ul className="mt-4 space-y-5">
          {open.map(([code, count]) => (
            <Kind
              key={code}
              code={code}
              count={count}
              findings={findings.items.filter((finding) => finding.code === code && finding.repair === null)}
              onRepair={(repair) =>
                fetcher.submit({ intent: 'integrity-repair', checkId: check.id, code, repair }, { method: 'post' })
              }
            />
          ))}
        </ul>
      ) : null}
      {findings?.nextCursor ? (
        <Link to={`?findings=${encodeURIComponent(findings.nextCursor)}`} className={`${buttonStyle.secondary} mt-4`}>
          {t('more')}
        </Link>
      ) : null}
    </Card>
  );
}

/** Findings of one kind, with its repairs. */
function Kind({
  code,
  count,
  findings,
  onRepair,
}: {
  code: IntegrityFindingView['code'];
  count: number;
  findings: readonly IntegrityFindingView[];
  onRepair(repair: string): void;
}) {
  const t = useTranslations('integrity');
  const format = useFormat();
  const [first] = findings;
  const bytes = findings.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  return (
    <li className="rounded-lg border border-line p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h3 className="min-w-0 flex-1 text-sm font-medium">
          {t(`code.${code}`)} ({format.count(count)})
        </h3>
        {first?.repairs.map((repair) => (
          <Confirm
            key={repair}
            title={t(`repair.${repair}`)}
            action={t(`repair.${repair}`)}
            trigger={<Button variant="secondary">{t(`repair.${repair}`)}</Button>}
            onConfirm={() => onRepair(repair)}
          >
            {t('dryRun', { repair: t(`repair.${repair}`), count, size: format.bytes(bytes) })}
          </Confirm>
        ))}
      </div>
      <ul className="mt-3 space-y-1 text-xs">
        {findings.map(({ id, subject, sizeBytes, details }) => (
          <li key={id} className="flex flex-wrap gap-x-4">
            <code className="min-w-0 break-all">{subject}</code>
            <span className="text-dim">
              {sizeBytes === null ? '' : format.bytes(sizeBytes)}{' '}
              {Object.entries(details)
                .map(([name, value]) => `${name}: ${value}`)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}
