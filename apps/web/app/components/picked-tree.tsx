import type { PickedFile } from '@granary/client/plan';
import { File, Folder } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import { useServerTexts } from '~/server-texts';
import { type FolderNode, treeOf } from '~/upload/file-tree';

const FOLDERS_SHOWN = 200;

/** What was picked, as folders with counts and sizes, and what of it is left out and why. */
export function PickedTree({ files }: { files: readonly PickedFile[] }) {
  const t = useTranslations('upload');
  const texts = useServerTexts();
  const { root, skipped } = useMemo(() => treeOf(files), [files]);
  return (
    <div className="space-y-3">
      <section
        aria-label={t('pickedFiles')}
        className="max-h-80 overflow-y-auto rounded-lg border border-line p-3 text-sm"
      >
        <Content node={root} isOpen />
      </section>
      {skipped.map(({ code, reason, paths }) => (
        <details key={reason} className="text-sm text-warn">
          <summary className="cursor-pointer">
            {t('leftOut', { count: paths.length, reason: texts.skipped(code, reason) })}
          </summary>
          <ul className="mt-1 max-h-32 overflow-y-auto pl-4 font-mono text-xs text-dim">
            {paths.slice(0, 100).map((path) => (
              <li key={path} className="break-all">
                {path}
              </li>
            ))}
          </ul>
        </details>
      ))}
    </div>
  );
}

function Content({ node, isOpen }: { node: FolderNode; isOpen: boolean }) {
  const t = useTranslations('upload');
  const format = useFormat();
  return (
    <ul className="space-y-0.5">
      {node.folders.slice(0, FOLDERS_SHOWN).map((folder) => (
        <li key={folder.name}>
          <Branch node={folder} isOpen={isOpen && node.folders.length === 1} />
        </li>
      ))}
      {node.folders.length > FOLDERS_SHOWN ? (
        <li className="text-dim">{t('moreFolders', { count: node.folders.length - FOLDERS_SHOWN })}</li>
      ) : null}
      {node.files.map(({ name, bytes }) => (
        <li key={name} className="flex items-center gap-2">
          <File className="size-4 shrink-0 text-dim" aria-hidden />
          <span className="min-w-0 flex-1 truncate">{name}</span>
          <span className="text-xs text-dim tabular-nums">{format.bytes(bytes)}</span>
        </li>
      ))}
      {node.numOwnFiles > node.files.length ? (
        <li className="text-dim">{t('moreFiles', { count: node.numOwnFiles - node.files.length })}</li>
      ) : null}
    </ul>
  );
}

/** Folders are drawn when they are opened: there may be very many. */
function Branch({ node, isOpen: isOpenAtFirst }: { node: FolderNode; isOpen: boolean }) {
  const format = useFormat();
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  return (
    <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary className="flex cursor-pointer items-center gap-2 rounded hover:bg-raised">
        <Folder className="size-4 shrink-0 text-note" aria-hidden />
        <span className="min-w-0 flex-1 truncate">{node.name}</span>
        <span className="text-xs text-dim tabular-nums">
          {format.count(node.numFiles)} · {format.bytes(node.bytes)}
        </span>
      </summary>
      {isOpen ? (
        <div className="ml-2 border-l border-line pl-3">
          <Content node={node} isOpen />
        </div>
      ) : null}
    </details>
  );
}
