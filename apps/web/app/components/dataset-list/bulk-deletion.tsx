import type { SerializeFrom } from '@remix-run/node';
import { useFetcher, useSearchParams } from '@remix-run/react';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import type { action } from '~/actions/delete-datasets.server';
import { useFormat } from '~/format';
import { useServerTexts } from '~/server-texts';
import { useAnswer } from '~/use-answer';
import { Backup } from '../deletion-dialog';
import { Modal } from '../modal';
import { bold, TypedConfirm } from '../typed-confirm';
import { buttonStyle, Facts, ServerError } from '../ui';
import type { Selection } from './selection';

/** Deletes what is selected, after one impact for all, and tells of each that stays why. */
export function BulkDeletion({ selection }: { selection: Selection }) {
  const t = useTranslations('deletion');
  const [isOpen, setIsOpen] = useState(false);
  const [query] = useSearchParams();
  const path = `/datasets/bulk-delete?${query}`;
  const asking = useFetcher<typeof action>();
  const open = () => {
    const form = new FormData();
    form.set('all', String(selection.isAll));
    for (const id of selection.ids) form.append('id', id);
    asking.submit(form, { method: 'post', action: path });
    setIsOpen(true);
  };
  return (
    <>
      <button type="button" className={`${buttonStyle.secondary} border-bad/50 text-bad`} onClick={open}>
        <Trash2 className="size-4" aria-hidden /> {t('deleteEllipsis')}
      </button>
      {isOpen ? (
        <Asking
          selection={selection}
          path={path}
          answer={asking.state === 'idle' ? asking.data : undefined}
          onClose={() => setIsOpen(false)}
        />
      ) : null}
    </>
  );
}

function Asking({
  selection,
  path,
  answer,
  onClose,
}: {
  selection: Selection;
  path: string;
  /** The impact, or why there is none; nothing while it is counted. */
  answer: SerializeFrom<typeof action> | undefined;
  onClose(): void;
}) {
  const t = useTranslations('deletion');
  const trash = useTranslations('trash');
  const texts = useServerTexts();
  const format = useFormat();
  const deleting = useFetcher<typeof action>();
  const { isAll, ids, clear } = selection;
  useAnswer(deleting, ({ outcome }) => {
    if (!outcome) return;
    const { succeeded, failed } = outcome;
    if (succeeded.length > 0) toast.success(t('movedMany', { count: succeeded.length }));
    if (failed.length > 0) {
      const reasons = failed
        .slice(0, 5)
        .map(({ name, ...error }) => trash('failed', { name, reason: texts.error(error).message }));
      toast.error(t('notMoved', { count: failed.length }), { description: reasons.join('\n'), duration: 20_000 });
    }
    clear();
    onClose();
  });
  const impact = answer?.impact;
  const error = answer?.error ?? deleting.data?.error;
  const count = impact?.datasets ?? 0;
  return (
    <Modal title={t('titleMany', { count })} open onOpenChange={onClose}>
      <deleting.Form method="post" action={path} className="mt-3">
        <input type="hidden" name="all" value={String(isAll)} />
        {[...ids].map((id) => (
          <input key={id} type="hidden" name="id" value={id} />
        ))}
        {impact ? (
          <Facts
            facts={[
              [t('images'), format.count(impact.images)],
              [t('annotations'), format.count(impact.annotations)],
              [t('objects'), format.count(impact.objects)],
              [t('bytes'), format.bytes(impact.storageBytes)],
            ]}
          />
        ) : error ? null : (
          <p className="py-8 text-center text-sm text-dim">{t('counting')}</p>
        )}
        {impact && impact.inUse.length > 0 ? (
          <div className="mt-4 rounded-md border border-warn/40 bg-warn/10 p-3 text-sm">
            <p>{t('inUseMany', { count: impact.inUse.length })}</p>
            <ul className="mt-2 list-disc pl-5">
              {impact.inUse.slice(0, 5).map(({ id, name }) => (
                <li key={id}>{name}</li>
              ))}
            </ul>
          </div>
        ) : null}
        <Backup />
        {error ? (
          <div className="mt-4">
            <ServerError error={error} />
          </div>
        ) : null}
        <TypedConfirm
          expected={String(count)}
          name="confirmCount"
          label={t.rich('typeCount', { count, b: bold })}
          action={t('confirmMany')}
          isBusy={deleting.state !== 'idle' || !impact}
          onCancel={onClose}
        />
      </deleting.Form>
    </Modal>
  );
}
