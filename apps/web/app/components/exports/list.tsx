import type { ExportView } from '@granary/client';
import { Form } from '@remix-run/react';
import { Download, Trash2 } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { Button, buttonStyle } from '~/components/ui';
import { useFormat } from '~/format';

/** Archives of a dataset, with what can be done with each. */
export function ExportList({ exports }: { exports: readonly ExportView[] }) {
  return (
    <ul className="divide-y divide-line text-sm">
      {exports.map((item) => (
        <Item key={item.id} item={item} />
      ))}
    </ul>
  );
}

function Item({ item }: { item: ExportView }) {
  const t = useTranslations('exportPage');
  const format = useFormat();
  const { id, filename, state, sizeBytes, numFiles, mayDelete } = item;
  const isActive = state === 'queued' || state === 'running';
  const facts = [
    ...(item.splits ?? []),
    ...(item.q ? [item.q] : []),
    ...(numFiles === null ? [] : [t('files', { count: numFiles })]),
    ...(sizeBytes === null ? [] : [format.bytes(sizeBytes)]),
    ...(state === 'completed' ? [t('expires', { at: format.instant(item.expiresAt) })] : []),
  ];
  return (
    <li className="flex flex-wrap items-center gap-x-5 gap-y-2 py-3">
      <div className="min-w-48 flex-1">
        <p className="font-medium break-all">{filename}</p>
        <p className="text-xs text-dim">{facts.join(' · ')}</p>
      </div>
      <span className={state === 'completed' ? 'text-good' : 'text-dim'}>{t(`state.${state}`)}</span>
      <div className="flex gap-2">
        {state === 'completed' ? (
          <a
            href={`/api/v1/exports/${id}/content`}
            aria-label={t('download', { name: filename })}
            className={buttonStyle.secondary}
          >
            <Download className="size-4" aria-hidden />
          </a>
        ) : null}
        {mayDelete ? (
          <Form method="post">
            <input type="hidden" name="exportId" value={id} />
            <Button
              type="submit"
              name="intent"
              value="delete"
              variant="secondary"
              aria-label={isActive ? t('cancel') : t('remove', { name: filename })}
            >
              {isActive ? t('cancel') : <Trash2 className="size-4" aria-hidden />}
            </Button>
          </Form>
        ) : null}
      </div>
    </li>
  );
}
