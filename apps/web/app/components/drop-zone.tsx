import { clsx } from 'clsx';
import { FolderOpen, UploadCloud } from 'lucide-react';
import { useRef } from 'react';
import { useDropzone } from 'react-dropzone';
import { useTranslations } from 'use-intl';
import { pickedFrom } from '~/upload/plan';
import type { PickedFile } from '~/upload/tar';
import { buttonStyle } from './ui';

/** Takes an archive, a folder, or files, by drop or by the system's dialogs. */
export function DropZone({ onPick, hint }: { onPick(files: PickedFile[]): void; hint?: string }) {
  const t = useTranslations('upload');
  const folder = useRef<HTMLInputElement>(null);
  const { getRootProps, getInputProps, isDragActive, open } = useDropzone({
    noClick: true,
    noKeyboard: true,
    onDrop: (files) => {
      if (files.length > 0) onPick(pickedFrom(files));
    },
  });
  return (
    <div
      {...getRootProps()}
      className={clsx(
        'rounded-xl border-2 border-dashed px-4 py-10 text-center transition',
        isDragActive ? 'border-emerald-400 bg-emerald-400/5' : 'border-slate-600',
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
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          if (files.length > 0) onPick(pickedFrom(files));
        }}
      />
      <UploadCloud className="mx-auto size-9 text-accent" aria-hidden />
      <p className="mt-3 font-medium">{t('drop')}</p>
      <p className="mt-1 text-sm text-dim">{hint ?? t('dropHint')}</p>
      <div className="mt-4 flex flex-wrap justify-center gap-2">
        <button type="button" className={buttonStyle.secondary} onClick={open}>
          {t('chooseFiles')}
        </button>
        <button type="button" className={buttonStyle.secondary} onClick={() => folder.current?.click()}>
          <FolderOpen className="size-4" aria-hidden />
          {t('chooseFolder')}
        </button>
      </div>
    </div>
  );
}
