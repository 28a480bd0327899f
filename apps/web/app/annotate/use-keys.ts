import { type MutableRefObject, useEffect, useRef } from 'react';
import {
  actualSize,
  brushSize,
  type Clipping,
  chooseClass,
  chooseTool,
  copied,
  crossTo,
  fit,
  insertPoint,
  newMask,
  nextPoint,
  nextVisibility,
  nudge,
  pan,
  paste,
  redo,
  remove,
  reorder,
  select,
  selectAll,
  selectNext,
  stretch,
  toggleHidden,
  toggleLocked,
  turn,
  undo,
  zoom,
} from './commands';
import { type Editor, onlySelected, type Pointer, selectedLabels, type Tool } from './editor';
import { contentOf, type Label } from './label';
import { cancelled, finished, pointed, pressed, released, withDraftKeypoint, withoutLastPoint } from './pointing';
import type { EditorStore } from './store';

export const TOOL_KEYS: Record<Tool, string> = {
  select: 'V',
  pan: 'H',
  box: 'B',
  polygon: 'P',
  obb: 'O',
  keypoints: 'K',
  brush: 'M',
  eraser: 'E',
};
const TOOL_OF = new Map(Object.entries(TOOL_KEYS).map(([tool, key]) => [key.toLowerCase(), tool as Tool]));

export interface Leading {
  toNext(): void;
  toPrevious(): void;
  finishAndNext(): void;
  findClass(): void;
  showKeys(): void;
  toggleNames(): void;
}

const CLIPBOARD = 'granary.labels';

export function keepClipping(clipping: Clipping): void {
  if (clipping.labels.length > 0) localStorage.setItem(CLIPBOARD, JSON.stringify(clipping));
}

/** What was copied last in this browser, be it on another image. */
export function keptClipping(): Clipping {
  const nothing: Clipping = { labels: [], image: { width: 0, height: 0 } };
  try {
    const kept: { labels?: Label[]; image?: Clipping['image'] } = JSON.parse(localStorage.getItem(CLIPBOARD) ?? '{}');
    if (!Array.isArray(kept.labels) || !kept.image) return nothing;
    const labels = kept.labels.flatMap((label) => {
      const content = contentOf({ ...label, id: 0 });
      return content ? [{ ...content, key: label.key }] : [];
    });
    return { labels, image: kept.image };
  } catch {
    return nothing;
  }
}

type Command = (editor: Editor) => Editor;

/** Everything by keys. Those of a field stay with the field. */
export function useKeys(store: EditorStore, isPanning: MutableRefObject<boolean>, leading: Leading): void {
  const latest = useRef(leading);
  latest.current = leading;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (isOfField(event)) return;
      if (event.key === ' ' && isOnPage(event)) {
        isPanning.current = true;
        event.preventDefault();
        return;
      }
      const editor = store.getState();
      const command = commandOf(event, editor);
      if (command) {
        event.preventDefault();
        store.run(command);
        return;
      }
      const leads = leadingOf(event, latest.current);
      if (!leads) return;
      event.preventDefault();
      leads();
    };
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.key === ' ') isPanning.current = false;
    };
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('keyup', onKeyUp);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('keyup', onKeyUp);
    };
  }, [store, isPanning]);
}

function isOfField({ target, isComposing }: KeyboardEvent): boolean {
  if (isComposing) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('[role="dialog"]')) return true;
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && target.type !== 'checkbox' && target.type !== 'range')
  );
}

/** Buttons and links have Enter and the space bar for themselves. */
const isOnPage = ({ target }: KeyboardEvent): boolean =>
  !(target instanceof HTMLElement) || !target.closest('button, a, input, summary');

function leadingOf(event: KeyboardEvent, to: Leading): (() => void) | null {
  const hasCommand = event.ctrlKey || event.metaKey;
  if (hasCommand) return event.key === 'Enter' ? to.finishAndNext : null;
  switch (event.key) {
    case 'PageDown':
    case '.':
      return to.toNext;
    case 'PageUp':
    case ',':
      return to.toPrevious;
    case '/':
      return to.findClass;
    case '?':
      return to.showKeys;
    case 't':
      return to.toggleNames;
    default:
      return null;
  }
}

function commandOf(event: KeyboardEvent, editor: Editor): Command | null {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return commandWithCtrl(key, event, editor);
  const arrow = ARROWS[key];
  if (arrow) return byArrow(arrow, event, editor);
  if (event.altKey) return null;
  const tool = event.shiftKey ? undefined : TOOL_OF.get(key);
  if (tool) return (now) => chooseTool(now, tool);
  if (/^[1-9]$/.test(key)) {
    const chosen = editor.classes[Number(key) - 1];
    return chosen ? (now) => chooseClass(now, chosen.name) : null;
  }
  const isBrush = editor.tool === 'brush' || editor.tool === 'eraser';
  switch (key) {
    case 'Escape':
      return cancelled;
    case 'Enter':
      return isOnPage(event) ? byEnter(editor) : null;
    case 'Delete':
    case 'Backspace':
      return editor.draft ? withoutLastPoint : ifEditable(editor, remove);
    case 'Tab':
      // In the picture only: elsewhere it goes on to the next button.
      return isOnCanvas(event) && editor.tool === 'select' && canStep(editor, event.shiftKey ? -1 : 1)
        ? (now) => selectNext(now, event.shiftKey ? -1 : 1)
        : null;
    case 'n':
      return ifEditable(editor, newMask);
    case 'x':
      return event.shiftKey ? (now) => ({ ...now, hidden: new Set() }) : (now) => toggleHidden(now, [...now.selected]);
    case 'l':
      return (now) => toggleLocked(now, [...now.selected]);
    case 'j':
      return (now) => nextPoint(now, -1);
    case 'i':
      return (now) => nextPoint(now, 1);
    case 'u':
      return ifEditable(editor, insertPoint);
    case 'y':
      return ifEditable(editor, nextVisibility);
    case 's':
      return editor.draft?.kind === 'keypoints' || editor.tool === 'keypoints'
        ? ifEditable(editor, (now) => withDraftKeypoint(now, [0, 0, 0]))
        : null;
    case 'c':
      return finished;
    case 'r':
      return ifEditable(editor, (now) => turn(now, event.shiftKey ? -1 : 1));
    case '[':
    case '{':
      return isBrush ? (now) => brushSize(now, 1 / 1.25) : ifEditable(editor, (now) => reorder(now, 'back'));
    case ']':
    case '}':
      return isBrush ? (now) => brushSize(now, 1.25) : ifEditable(editor, (now) => reorder(now, 'front'));
    case '+':
    case '=':
      return (now) => zoom(now, 1.5);
    case '-':
      return (now) => zoom(now, 1 / 1.5);
    case '0':
    case 'f':
      return fit;
    case 'a':
      return actualSize;
    default:
      return null;
  }
}

const ifEditable = ({ canEdit }: Editor, command: Command): Command | null => (canEdit ? command : null);

const isOnCanvas = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.getAttribute('role') === 'application';

/** Behind the last label, and before the first, the key leaves the picture. */
function canStep({ edited, selected, hidden }: Editor, by: 1 | -1): boolean {
  const seen = edited.labels.filter(({ key }) => !hidden.has(key));
  const at = seen.findIndex(({ key }) => selected.has(key));
  if (at < 0) return by > 0 && seen.length > 0;
  return by > 0 ? at < seen.length - 1 : at > 0;
}

function commandWithCtrl(key: string, { shiftKey }: KeyboardEvent, editor: Editor): Command | null {
  switch (key) {
    case 'z':
      return shiftKey ? redo : undo;
    case 'y':
      return redo;
    case 'a':
      return selectAll;
    case 'c':
      return kept;
    case 'x':
      return ifEditable(editor, (now) => remove(kept(now)));
    case 'v':
      return ifEditable(editor, (now) => paste(now, keptClipping()));
    case 'd':
      return ifEditable(editor, (now) => paste(now, copied(now)));
    default:
      return ARROWS[key] && editor.canEdit ? stretched(ARROWS[key], shiftKey) : null;
  }
}

function kept(editor: Editor): Editor {
  keepClipping(copied(editor));
  return editor;
}

const ARROWS: Record<string, readonly [number, number] | undefined> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const stretched =
  ([dx, dy]: readonly [number, number], isFar: boolean): Command =>
  (now) =>
    stretch(now, dx * (isFar ? 10 : 1), dy * (isFar ? 10 : 1));

/** Arrows move what is selected, the cross of a tool that draws, or else the image. */
function byArrow(
  [dx, dy]: readonly [number, number],
  { shiftKey, altKey }: KeyboardEvent,
  editor: Editor,
): Command | null {
  const step = shiftKey ? 10 : 1;
  if (editor.tool !== 'select' && editor.tool !== 'pan') {
    return (now) => {
      const at = crossTo(now, dx * step, dy * step);
      return { ...pointed(now, crossAt(at)), hasCross: true };
    };
  }
  if (altKey) return null;
  if (editor.tool === 'select' && editor.selected.size > 0 && editor.canEdit)
    return (now) => nudge(now, dx * step, dy * step);
  return (now) => pan(now, -40 * dx * step, -40 * dy * step);
}

const crossAt = (at: readonly [number, number]): Pointer => ({
  at,
  reach: 0,
  isAdding: false,
  isFree: false,
  isTouch: false,
});

/** Enter is the press of the cross: it begins and ends what is dragged, and sets points; twice at a place it ends a polygon. */
function byEnter(editor: Editor): Command | null {
  const { tool, gesture, draft } = editor;
  if (tool === 'select' || tool === 'pan') {
    return onlySelected(editor) || selectedLabels(editor).length > 0 ? (now) => select(now, []) : null;
  }
  if (!editor.canEdit) return null;
  const at = crossTo(editor, 0, 0);
  const pointer = crossAt(at);
  const crossed = (now: Editor): Editor => ({ ...now, hasCross: true });
  if (gesture) return (now) => crossed(released(now, pointer));
  const last = draft?.kind === 'polygon' ? draft.points.at(-1) : undefined;
  if (last && last[0] === at[0] && last[1] === at[1]) return (now) => crossed(finished(now));
  return (now) => crossed(pressed({ ...now, hasCross: true, pointer: at }, pointer));
}
