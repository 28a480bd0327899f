import type { LoaderFunctionArgs } from '@remix-run/node';
import { Link, useLoaderData } from '@remix-run/react';
import { History } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { JobList } from '~/components/job-list';
import { buttonStyle, Card, EmptyState } from '~/components/ui';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const cursor = new URL(request.url).searchParams.get('cursor') ?? undefined;
  return load(request, context, (api) => api.jobs.list({ datasetId: params.id ?? '', limit: 50, cursor }));
}

export default function Activity() {
  const t = useTranslations('dataset');
  const { items, nextCursor } = useLoaderData<typeof loader>();
  if (items.length === 0) {
    return (
      <EmptyState icon={<History className="size-6" aria-hidden />} title={t('nothingYet')}>
        {t('nothingYetHint')}
      </EmptyState>
    );
  }
  return (
    <>
      <Card>
        <JobList jobs={items} />
      </Card>
      {nextCursor ? (
        <Link to={`?cursor=${encodeURIComponent(nextCursor)}`} className={`${buttonStyle.secondary} mt-4`}>
          {t('older')}
        </Link>
      ) : null}
    </>
  );
}
