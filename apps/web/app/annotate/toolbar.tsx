import {
  Brush,
  Eraser,
  Hand,
  type LucideIcon,
  Maximize,
  MousePointer2,
  Pentagon,
  Redo2,
  Square,
  Tag,
  Undo2,
  Waypoints,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { useTranslations } from 'use-intl';
import { chooseTool, fit, redo, undo, zoom } from './commands';
import { TOOLS, type Tool } from './editor';
import { IconButton } from './icon-button';
import { OrientedBox } from './oriented-box-icon';
import { useEditor, useEditorStore } from './store';
import { TOOL_KEYS } from './use-keys';

const ICONS: Record<Tool, LucideIcon> = {
  select: MousePointer2,
  pan: Hand,
  box: Square,
  polygon: Pentagon,
  obb: OrientedBox,
  keypoints: Waypoints,
  brush: Brush,
  eraser: Eraser,
};

/** The tools, and what is done with the image: a column at the side, a row below on a phone. */
export function Toolbar({ hasNames, onNames }: { hasNames: boolean; onNames(): void }) {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const tool = useEditor((editor) => editor.tool);
  const canEdit = useEditor((editor) => editor.canEdit);
  const canUndo = useEditor((editor) => editor.edited.past.length > 0);
  const canRedo = useEditor((editor) => editor.edited.future.length > 0);
  const tools = canEdit ? TOOLS : TOOLS.slice(0, 2);
  return (
    <div
      role="toolbar"
      aria-label={t('tools')}
      aria-orientation="vertical"
      className="order-last flex shrink-0 gap-1 overflow-x-auto border-t border-line bg-surface p-1.5 [scrollbar-width:none] md:order-first md:flex-col md:overflow-x-visible md:overflow-y-auto md:border-t-0 md:border-r"
    >
      {tools.map((name) => (
        <IconButton
          key={name}
          icon={ICONS[name]}
          label={t(`tool.${name}`)}
          shortcut={TOOL_KEYS[name]}
          aria-pressed={tool === name}
          onClick={() => run((editor) => chooseTool(editor, name))}
        />
      ))}
      <hr className="mx-1 h-auto self-stretch border-l border-line md:mx-0 md:my-1 md:border-t md:border-l-0" />
      {canEdit ? (
        <>
          <IconButton
            icon={Undo2}
            label={t('undo')}
            shortcut="Control+Z"
            disabled={!canUndo}
            onClick={() => run(undo)}
          />
          <IconButton
            icon={Redo2}
            label={t('redo')}
            shortcut="Control+Shift+Z"
            disabled={!canRedo}
            onClick={() => run(redo)}
          />
        </>
      ) : null}
      <IconButton icon={ZoomIn} label={t('zoomIn')} shortcut="+" onClick={() => run((editor) => zoom(editor, 1.5))} />
      <IconButton
        icon={ZoomOut}
        label={t('zoomOut')}
        shortcut="-"
        onClick={() => run((editor) => zoom(editor, 1 / 1.5))}
      />
      <IconButton icon={Maximize} label={t('fit')} shortcut="F" onClick={() => run(fit)} />
      <IconButton icon={Tag} label={t('names')} shortcut="T" aria-pressed={hasNames} onClick={onNames} />
    </div>
  );
}
