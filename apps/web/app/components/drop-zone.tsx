import type { PickedFile } from '@granary/client/plan';
import { clsx } from 'clsx';
import { fromEvent } from 'file-selector';
import { FolderOpen, Loader2, UploadCloud } from 'lucide-react';
import { useRef, useState } from 'react';
import { useDropzone } from 'react-dropzone';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { FORMATS, useNames } from '~/format';
import { chooseFolder, droppedHandles, filesOf, pickedFrom } from '~/upload/picked';
import { buttonStyle } from './ui';

/** Takes an archive, a folder, or files, by drop or by the system's dialogs. */
export function DropZone({
  onPick,
  onReading,
  hint,
}: {
  onPick(files: PickedFile[]): void;
  /** While the list of files is read; there may be very many. */
  onReading?: (isReading: boolean) => void;
  hint?: string;
}) {
  const t = useTranslations('upload');
  const names = useNames();
  const folder = useRef<HTMLInputElement>(null);
  /** How many files are listed, while they are. */
  const [numListed, setNumListed] = useState<number | null>(null);
  const take = async (list: (onProgress: (done: number) => void) => Promise<PickedFile[]>) => {
    setNumListed(0);
    onReading?.(true);
    try {
      const picked = await list(setNumListed);
      if (picked.length > 0) onPick(picked);
    } catch (error) {
      toast.error(t('notListed', { reason: error instanceof Error ? error.message : String(error) }));
    } finally {
      setNumListed(null);
      onReading?.(false);
    }
  };
  const takeFiles = (files: readonly File[]) => {
    if (files.length > 0) void take((onProgress) => pickedFrom(files, onProgress));
  };
  const takeHandles = (asked: Promise<FileSystemHandle[]>) =>
    void take(async (onProgress) => filesOf(await asked, onProgress));
  const takeFolder = () => {
    const asked = chooseFolder();
    if (asked) takeHandles(asked);
    else folder.current?.click();
  };
  const { getRootProps, getInputProps, isDragActive, open } = useDropzone({
    noClick: true,
    noKeyboard: true,
    disabled: numListed !== null,
    getFilesFromEvent: async (event) => {
      const transfer = 'dataTransfer' in event && event.type === 'drop' ? event.dataTransfer : null;
      const handles = transfer && droppedHandles(transfer);
      if (!handles) return fromEvent(event);
      takeHandles(handles);
      return [];
    },
    onDrop: takeFiles,
  });
  return (
    <div
      {...getRootProps()}
      data-testid="drop-zone"
      className={clsx(
        'rounded-xl border-2 border-dashed px-4 py-10 text-center transition',
        isDragActive ? 'border-accent bg-accent/5' : 'border-edge',
      )}
    >
      <input {...getInputProps()} aria-label={t('files')} data-testid="file-input" />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        // React's types do not know it.
        {...{ webkitdirectory: '' }}
        aria-label={t('folder')}
        onChange={(event) => takeFiles([...(event.target.files ?? [])])}
      />
      {numListed !== null ? (
        <p role="status" className="mb-4 flex items-center justify-center gap-2 text-sm text-dim tabular-nums">
          <Loader2 className="size-4 animate-spin" aria-hidden /> {t('reading', { count: numListed })}
        </p>
      ) : null}
      <UploadCloud className="mx-auto size-9 text-accent" aria-hidden />
      <p className="mt-3 font-medium">{t('drop')}</p>
      <p className="mt-1 text-sm text-dim">{hint ?? t('dropHint')}</p>
      <details className="mx-auto mt-2 max-w-xl text-sm text-dim">
        <summary className="cursor-pointer">{t('whatFormats', { count: FORMATS.length })}</summary>
        <p className="mt-2">{FORMATS.map((format) => names.format(format)).join(' · ')}</p>
      </details>
      <div className="mt-4 flex flex-wrap justify-center gap-2">
        <button type="button" className={buttonStyle.secondary} disabled={numListed !== null} onClick={open}>
          {t('chooseFiles')}
        </button>
        <button type="button" className={buttonStyle.secondary} disabled={numListed !== null} onClick={takeFolder}>
          <FolderOpen className="size-4" aria-hidden />
          {t('chooseFolder')}
        </button>
      </div>
    </div>
  );
}
