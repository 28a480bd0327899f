import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Form, Link, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { GitMerge } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { DiffFacts } from '~/components/diff-facts';
import { Button, buttonStyle, Card, EmptyState, Facts, ServerError } from '~/components/ui';
import { parseForm, text } from '~/form.server';
import { useFormat } from '~/format';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  return load(request, context, async (api) => {
    const [dataset, update] = [await api.datasets.get({ id }), await api.forks.update({ id })];
    return { name: dataset.forkedFrom?.name ?? '', update };
  });
}

/** What is merged is what was shown, whatever the source has become since. */
const form = z.object({ to: text });

export async function action({ request, context, params }: ActionFunctionArgs) {
  const { to } = await parseForm(request, form);
  const id = params.id ?? '';
  const { result, error } = await act(() => context.api.forks.merge({ id, to }));
  return error ?? redirect(`/datasets/${id}/imports/${result.importId}`);
}

/** What the source of a fork has changed since, and what of it would come over. */
export default function Source() {
  const t = useTranslations('history');
  const format = useFormat();
  const { name, update } = useLoaderData<typeof loader>();
  const error = useActionData<typeof action>();
  const isBusy = useNavigation().state !== 'idle';
  const { datasetId, from, to, diff, merges, conflicts, numConflicts } = update;
  if (!diff) {
    return (
      <EmptyState icon={<GitMerge className="size-6" aria-hidden />} title={t('updateNone')}>
        {t('updateNoneHint', { name })}
      </EmptyState>
    );
  }
  const count = merges.added + merges.changed + merges.removed;
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Card title={t('update', { name })}>
        <p className="-mt-2 mb-4 text-sm text-dim">{t('updateIntro', { from, to })}</p>
        <DiffFacts summary={diff} />
        <Link
          to={`/datasets/${datasetId}/compare?${new URLSearchParams({ from, to })}`}
          className={`${buttonStyle.secondary} mt-4`}
        >
          {t('show')}
        </Link>
      </Card>
      <Card title={t('merges')}>
        <Facts
          facts={[
            [t('added'), format.count(merges.added)],
            [t('changed'), format.count(merges.changed)],
            [t('removed'), format.count(merges.removed)],
          ]}
        />
        {numConflicts > 0 ? (
          <>
            <p className="mt-4 text-sm text-warn">{t('conflicts', { count: numConflicts })}</p>
            <ul className="mt-2 max-h-60 overflow-auto font-mono text-xs text-dim">
              {conflicts.map((path) => (
                <li key={path} className="break-all">
                  {path}
                </li>
              ))}
            </ul>
          </>
        ) : null}
        {error ? <ServerError error={error} /> : null}
        <Form method="post" className="mt-4">
          <input type="hidden" name="to" value={to} />
          <Button type="submit" disabled={isBusy}>
            <GitMerge className="size-4" aria-hidden /> {t('merge', { count })}
          </Button>
        </Form>
      </Card>
    </div>
  );
}
