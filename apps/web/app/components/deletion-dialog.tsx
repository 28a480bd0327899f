import type { DeletionImpact } from '@granary/client';
import { errorOf } from '@granary/client/errors';
import { useFetcher, useNavigate } from '@remix-run/react';
import { Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import type { action, loader } from '~/actions/delete-dataset.server';
import { useFormat } from '~/format';
import { useServerTexts } from '~/server-texts';
import { trpc } from '~/trpc';
import { useAnswerAtOnce } from '~/use-answer';
import { useRoot } from '~/use-root';
import { Modal } from './modal';
import { bold, TypedConfirm } from './typed-confirm';
import { buttonStyle, Facts, ServerError } from './ui';

/** The button that opens the deletion of a dataset, and all that is asked before. */
export function DeleteDataset({ dataset }: { dataset: { id: string; name: string } }) {
  const t = useTranslations('deletion');
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={`${buttonStyle.secondary} border-bad/50 text-bad`}
        onClick={() => setIsOpen(true)}
      >
        <Trash2 className="size-4" aria-hidden /> {t('deleteEllipsis')}
      </button>
      <Modal title={t('title', { name: dataset.name })} open={isOpen} onOpenChange={setIsOpen}>
        <Deletion dataset={dataset} onCancel={() => setIsOpen(false)} />
      </Modal>
    </>
  );
}

function Deletion({ dataset: { id, name }, onCancel }: { dataset: { id: string; name: string }; onCancel(): void }) {
  const t = useTranslations('deletion');
  const isAdmin = useRoot()?.person?.isAdmin ?? false;
  const impact = useFetcher<typeof loader>();
  const deletion = useFetcher<typeof action>();
  const undo = useUndo();
  const navigate = useNavigate();
  const [isForced, setIsForced] = useState(false);
  const { load } = impact;
  const path = `/datasets/${id}/delete`;
  useEffect(() => load(path), [load, path]);
  // The page of what is in the trash by then has no settings, and no dialog on them.
  useAnswerAtOnce(deletion, ({ result: done }) => {
    if (!done) return;
    toast.success(t('moved', { name: done.name }), {
      action: { label: t('undo'), onClick: () => undo(done.datasetId, done.name) },
    });
    navigate('/datasets');
  });
  const found = impact.data ?? null;
  const isInUse = (found?.usages ?? 0) > 0;
  return (
    <deletion.Form method="post" action={path} className="mt-3">
      <Impact impact={found} />
      {isInUse ? (
        <div className="mt-4 rounded-md border border-warn/40 bg-warn/10 p-3 text-sm">
          <p>{t('inUse', { count: found?.usages ?? 0 })}</p>
          <ul className="my-2 list-disc pl-5">
            {found?.liveUsages.map(({ id: usage, service, externalId }) => (
              <li key={usage}>
                {service}: {externalId}
              </li>
            ))}
          </ul>
          {isAdmin ? (
            <Check name="force" label={t('force')} hint={t('forceHint')} checked={isForced} onChange={setIsForced} />
          ) : (
            <p className="text-dim">{t('releaseFirst')}</p>
          )}
        </div>
      ) : null}
      <Backup />
      {deletion.data?.error && deletion.state === 'idle' ? (
        <div className="mt-4">
          <ServerError error={deletion.data.error} />
        </div>
      ) : null}
      <TypedConfirm
        expected={name}
        name="confirmName"
        label={t.rich('typeName', { name, b: bold })}
        action={t('confirm')}
        isBusy={deletion.state !== 'idle' || !found}
        isBlocked={isInUse && !isForced}
        onCancel={onCancel}
      />
    </deletion.Form>
  );
}

/** Takes a dataset out of the trash again, from wherever one is by then. */
export function useUndo(): (id: string, name: string) => void {
  const t = useTranslations('deletion');
  const frame = useTranslations('frame');
  const texts = useServerTexts();
  const navigate = useNavigate();
  return (id, name) => {
    trpc.deletion.restore.mutate({ id }).then(
      () => {
        toast.success(t('restored', { name }));
        navigate(`/datasets/${id}`);
      },
      (thrown) => {
        const error = errorOf(thrown);
        toast.error(error ? texts.error(error).message : frame('unreachable'));
      },
    );
  };
}

function Impact({ impact }: { impact: DeletionImpact | null }) {
  const t = useTranslations('deletion');
  const format = useFormat();
  if (!impact) return <p className="py-8 text-center text-sm text-dim">{t('counting')}</p>;
  const { people, uploads } = impact;
  const count = (value: number) => format.count(value);
  return (
    <Facts
      facts={[
        [t('images'), count(impact.images)],
        [t('annotations'), count(impact.annotations)],
        [t('versions'), count(impact.versions)],
        [t('projects'), count(impact.projects)],
        [t('objects'), count(impact.objects)],
        [t('bytes'), format.bytes(impact.storageBytes)],
        ...(uploads.objects > 0 ? [[t('uploads'), count(uploads.objects)] satisfies [string, string]] : []),
        [
          t('people'),
          <span key="people" title={people.names.join(', ')}>
            {people.isPublic ? t('everyone') : count(people.total)}
          </span>,
        ],
      ]}
    />
  );
}

export function Backup() {
  const t = useTranslations('deletion');
  const [isWanted, setIsWanted] = useState(true);
  return (
    <div className="mt-4 text-sm">
      <Check name="createBackup" label={t('backup')} hint={t('backupHint')} checked={isWanted} onChange={setIsWanted} />
    </div>
  );
}

function Check({
  name,
  label,
  hint,
  checked,
  onChange,
}: {
  name: string;
  label: string;
  hint: string;
  checked: boolean;
  onChange(checked: boolean): void;
}) {
  return (
    <label className="flex gap-2.5">
      <input
        type="checkbox"
        name={name}
        value="true"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-1 size-4 shrink-0 accent-accent"
      />
      <span>
        {label}
        <span className="block text-dim">{hint}</span>
      </span>
    </label>
  );
}
