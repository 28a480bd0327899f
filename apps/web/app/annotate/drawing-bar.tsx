import { useTranslations } from 'use-intl';
import { brushSize, newMask } from './commands';
import { classNamed } from './editor';
import { smallButtonStyle } from './icon-button';
import { cancelled, finished, withDraftKeypoint } from './pointing';
import { useEditor, useEditorStore } from './store';

/** What the tool needs beside the picture: the size of the brush, which key point is next, how a polygon ends. */
export function DrawingBar() {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const tool = useEditor((editor) => editor.tool);
  const draft = useEditor((editor) => editor.draft);
  const radius = useEditor((editor) => editor.radius);
  const names = useEditor((editor) => classNamed(editor, editor.className)?.keypoints ?? NO_NAMES);
  const hasClass = useEditor((editor) => editor.className !== null || !editor.canEdit);
  const isDrawing = tool !== 'select' && tool !== 'pan';
  if (!isDrawing) return null;
  if (!hasClass && tool !== 'eraser')
    return (
      <Bar>
        <p role="status">{t('needsClass')}</p>
      </Bar>
    );
  if (tool === 'brush' || tool === 'eraser') {
    return (
      <Bar>
        <label className="flex items-center gap-2">
          {t('brushRadius')}
          <input
            type="range"
            min={1}
            max={200}
            value={Math.min(200, radius)}
            className="w-32 accent-accent"
            onChange={(event) => {
              const wanted = Number(event.currentTarget.value);
              run((editor) => brushSize({ ...editor, radius: wanted }, 1));
            }}
          />
          <span className="w-8 text-right tabular-nums">{radius}</span>
        </label>
        {tool === 'brush' ? (
          <button type="button" className={smallButtonStyle} aria-keyshortcuts="N" onClick={() => run(newMask)}>
            {t('newMask')}
          </button>
        ) : null}
      </Bar>
    );
  }
  const placed = draft?.kind === 'keypoints' ? draft.points.length / 3 : 0;
  if (tool === 'keypoints') {
    return (
      <Bar>
        <p role="status">
          {names.length > 0
            ? t('keypointNext', { name: names[placed] ?? '', at: Math.min(placed + 1, names.length), of: names.length })
            : t('keypointFree', { count: placed })}
        </p>
        <button
          type="button"
          className={smallButtonStyle}
          aria-keyshortcuts="S"
          onClick={() => run((editor) => withDraftKeypoint(editor, [0, 0, 0]))}
        >
          {t('skipPoint')}
        </button>
        {placed > 0 ? <Ends /> : null}
      </Bar>
    );
  }
  return draft?.kind === 'polygon' ? (
    <Bar>
      <p>{t('points', { count: draft.points.length })}</p>
      <Ends isReady={draft.points.length >= 3} />
    </Bar>
  ) : null;
}

const NO_NAMES: readonly string[] = [];

function Ends({ isReady = true }: { isReady?: boolean }) {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  return (
    <>
      <button
        type="button"
        className={smallButtonStyle}
        disabled={!isReady}
        aria-keyshortcuts="C"
        onClick={() => run(finished)}
      >
        {t('finish')}
      </button>
      <button type="button" className={smallButtonStyle} aria-keyshortcuts="Escape" onClick={() => run(cancelled)}>
        {t('cancelDrawing')}
      </button>
    </>
  );
}

function Bar({ children }: { children: React.ReactNode }) {
  return (
    <div className="absolute top-2 left-1/2 flex max-w-[calc(100%-1rem)] -translate-x-1/2 flex-wrap items-center justify-center gap-2 rounded-lg border border-line bg-surface px-3 py-1.5 text-xs text-ink shadow-lg">
      {children}
    </div>
  );
}
