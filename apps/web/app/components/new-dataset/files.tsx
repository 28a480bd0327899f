import { X } from 'lucide-react';
import { formatBytes, formatCount } from '~/format';
import type { AnalysisMessage } from '~/upload/analysis';
import type { PickedFile } from '~/upload/tar';
import { AnalysisPanel } from '../analysis-panel';
import { DropZone } from '../drop-zone';
import { PickedTree } from '../picked-tree';
import { Button } from '../ui';

const bytesOf = (files: readonly PickedFile[]): number => files.reduce((sum, { file }) => sum + file.size, 0);

/** Folders, files and archives, as many as one likes, and what they come to. */
export function ImagesStep({
  files,
  missing,
  onAdd,
  onClear,
}: {
  files: readonly PickedFile[];
  /** What was picked before a reload. */
  missing: string;
  onAdd(files: PickedFile[]): void;
  onClear(): void;
}) {
  return (
    <div className="space-y-5">
      {files.length === 0 && missing ? (
        <p role="status" className="rounded-md border border-sky-400/30 bg-sky-950/40 px-4 py-3 text-sm text-sky-100">
          Before the page was loaded anew, <strong>{missing}</strong> was picked. Pick it again: browsers do not keep
          files for a page.
        </p>
      ) : null}
      <DropZone
        onPick={onAdd}
        {...(files.length > 0 ? { hint: 'More folders, files or archives: they are added to those below.' } : {})}
      />
      {files.length > 0 ? (
        <>
          <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
            <p role="status">
              {formatCount(files.length)} {files.length === 1 ? 'file' : 'files'} · {formatBytes(bytesOf(files))}
            </p>
            <Button variant="secondary" onClick={onClear}>
              <X className="size-4" aria-hidden /> Choose others
            </Button>
          </div>
          <PickedTree files={files} />
        </>
      ) : null}
    </div>
  );
}

/** Labels in files of their own, and what all of it turns out to be. */
export function AnnotationsStep({
  labels,
  analysis,
  onAdd,
  onClear,
}: {
  labels: readonly PickedFile[];
  analysis: AnalysisMessage | null;
  onAdd(files: PickedFile[]): void;
  onClear(): void;
}) {
  return (
    <div className="space-y-5">
      <p className="text-sm text-dim">
        If the annotations are among the files you have picked, there is nothing to do here. Otherwise add them.
      </p>
      {analysis ? <AnalysisPanel message={analysis} /> : null}
      <DropZone onPick={onAdd} hint="An annotations.json, a folder of label files, or an archive of them" />
      {labels.length > 0 ? (
        <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
          <p role="status" className="min-w-0 break-words">
            {labels[0]?.path}
            {labels.length > 1 ? ` and ${formatCount(labels.length - 1)} more` : ''} · {formatBytes(bytesOf(labels))}
          </p>
          <Button variant="secondary" onClick={onClear}>
            Leave them out
          </Button>
        </div>
      ) : null}
    </div>
  );
}
