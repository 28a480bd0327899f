import type { AdminJobView, WorkerView } from '@granary/client';
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { Form, Link, useFetcher, useLoaderData, useRevalidator, useSearchParams, useSubmit } from '@remix-run/react';
import { ListChecks } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { useJobText } from '~/components/job-text';
import { NextPage } from '~/components/next-page';
import { Button, Card, EmptyState, fieldStyle, ServerError, StatusBadge } from '~/components/ui';
import { id, parseForm } from '~/form.server';
import { useFormat, useNames } from '~/format';

const STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
const LOOK_EVERY_MS = 5000;

export function loader({ request, context }: LoaderFunctionArgs) {
  const query = new URL(request.url).searchParams;
  const state = STATES.find((one) => one === query.get('state'));
  const input = { limit: 50, state, cursor: query.get('cursor') ?? undefined };
  return load(request, context, (api) => api.admin.jobs(input));
}

const form = z.object({ intent: z.enum(['retry', 'cancel']), id });

export async function action({ request, context }: ActionFunctionArgs) {
  const { intent, id } = await parseForm(request, form);
  const { jobs } = context.api;
  const { error } = intent === 'retry' ? await act(() => jobs.retry({ id })) : await act(() => jobs.cancel({ id }));
  return { error };
}

/** Jobs of everyone, the queues they wait in, and the workers that take them. */
export default function AdminJobs() {
  const t = useTranslations('admin');
  const names = useNames();
  const submit = useSubmit();
  const { revalidate } = useRevalidator();
  const { items, nextCursor, queues, workers } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const state = query.get('state') ?? '';
  const next = new URLSearchParams({ ...(state ? { state } : {}), cursor: nextCursor ?? '' });
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) revalidate();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [revalidate]);
  return (
    <div className="space-y-6">
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Card title={t('workers')}>
          {workers.some(({ isAlive }) => isAlive) ? null : <p className="text-sm text-warn">{t('noWorkers')}</p>}
          <ul className="divide-y divide-line text-sm">
            {workers.map((worker) => (
              <Worker key={worker.id} worker={worker} />
            ))}
          </ul>
        </Card>
        <Card title={t('queues')}>
          <table className="w-full text-sm tabular-nums">
            <thead className="text-left text-xs text-dim">
              <tr>
                <th className="font-normal">{t('name')}</th>
                {[t('waiting'), t('running'), t('failed')].map((name) => (
                  <th key={name} className="text-right font-normal">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {queues.map(({ name, waiting, running, failed }) => (
                <tr key={name}>
                  <td className="break-all">
                    <code className="text-xs">{name}</code>
                  </td>
                  <td className="text-right">{waiting}</td>
                  <td className="text-right">{running}</td>
                  <td className="text-right">{failed}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      </div>
      <Card title={t('allJobs')}>
        <Form onChange={(event) => submit(event.currentTarget)} className="mb-2">
          <select name="state" aria-label={t('allStates')} defaultValue={state} className={fieldStyle}>
            <option value="">{t('allStates')}</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {names.status(one)}
              </option>
            ))}
          </select>
        </Form>
        {items.length === 0 ? (
          <EmptyState icon={<ListChecks className="size-6" aria-hidden />} title={t('noJobs')}>
            {state ? names.status(state) : ''}
          </EmptyState>
        ) : (
          <ul className="divide-y divide-line text-sm">
            {items.map((job) => (
              <Job key={job.id} job={job} />
            ))}
          </ul>
        )}
        {nextCursor ? <NextPage to={`?${next}`} /> : null}
      </Card>
    </div>
  );
}

function Worker({ worker: { host, pid, seenAt, isAlive } }: { worker: WorkerView }) {
  const t = useTranslations('admin');
  const format = useFormat();
  return (
    <li className="flex flex-wrap justify-between gap-3 py-2">
      <span className="break-all">{t('worker', { host, pid: String(pid) })}</span>
      <span className={isAlive ? 'text-good' : 'text-dim'} suppressHydrationWarning>
        {isAlive ? t('alive', { ago: format.ago(seenAt) }) : t('gone', { ago: format.ago(seenAt) })}
      </span>
    </li>
  );
}

function Job({ job }: { job: AdminJobView }) {
  const t = useTranslations('admin');
  const text = useJobText();
  const format = useFormat();
  const fetcher = useFetcher<typeof action>();
  const { id, kind, state, progress, datasetId, datasetName, createdBy, createdAt } = job;
  const isActive = state === 'queued' || state === 'running';
  const canRetry = (state === 'failed' || state === 'cancelled') && kind !== 'purge' && kind !== 'integrity_repair';
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2.5">
      <StatusBadge status={state} progress={progress} />
      <div className="min-w-48 flex-1">
        <p className="break-words">
          <span className="font-medium">{text.title(job)}</span>{' '}
          {datasetId ? (
            <Link to={`/datasets/${datasetId}`} className="text-accent underline">
              {datasetName ?? datasetId}
            </Link>
          ) : null}
        </p>
        <p className="text-xs break-words text-dim" suppressHydrationWarning>
          {createdBy
            ? t('by', { name: createdBy, ago: format.ago(createdAt) })
            : t('bySystem', { ago: format.ago(createdAt) })}
          {` · ${text.message(job)}`}
        </p>
      </div>
      {(isActive && kind !== 'purge') || canRetry ? (
        <fetcher.Form method="post">
          <input type="hidden" name="id" value={id} />
          <Button
            type="submit"
            variant="secondary"
            name="intent"
            value={isActive ? 'cancel' : 'retry'}
            disabled={fetcher.state !== 'idle'}
          >
            {isActive ? t('cancelJob') : t('retry')}
          </Button>
        </fetcher.Form>
      ) : null}
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}
