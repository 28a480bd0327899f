import type { LoaderFunctionArgs } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { Card, Facts } from '~/components/ui';
import { useFormat } from '~/format';

export function loader({ request, context }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.admin.storage());
}

const PARTS = {
  live: 'live',
  trash: 'inTrashAmount',
  history: 'history',
  thumbnails: 'thumbnails',
  backups: 'backups',
  exports: 'exports',
  uploads: 'uploads',
} as const;

/** What takes the room: by what it is, by whose it is, by kind of file. */
export default function AdminStorage() {
  const t = useTranslations('admin');
  const format = useFormat();
  const kinds = useTranslations('dataset.kind');
  const report = useLoaderData<typeof loader>();
  const amount = ({ objects, bytes }: { objects: number; bytes: number }) =>
    `${format.bytes(bytes)} · ${t('files', { count: objects })}`;
  const { orphans } = report;
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Card title={t('inAll')}>
        <Facts
          facts={[
            ...(Object.keys(PARTS) as (keyof typeof PARTS)[]).map(
              (part) => [t(PARTS[part]), amount(report[part])] as [string, string],
            ),
            [
              t('orphans'),
              orphans
                ? `${amount(orphans)} (${t('orphansAt', { at: format.instant(orphans.checkedAt) })})`
                : t('notChecked'),
            ],
          ]}
        />
      </Card>
      <Card title={t('byKind')}>
        <Facts
          facts={report.kinds.map(({ kind, files, bytes }) => [
            // What the records hold, the procedure's own types do not name.
            kinds(`${kind as 'image'}`, { count: files }),
            format.bytes(bytes),
          ])}
        />
      </Card>
      <Card title={t('byUser')} className="lg:col-span-2">
        <Facts
          facts={report.users.map(({ name, datasets, bytes }) => [
            name ?? t('platform'),
            `${format.bytes(bytes)} · ${t('numDatasets', { count: datasets })}`,
          ])}
        />
      </Card>
    </div>
  );
}
