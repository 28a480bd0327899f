import { done, type Edited, editsBetween, notEdited } from './history';
import { handleAt } from './hit';
import type { Label, Point } from './label';
import { inOrder } from './label';
import type { Mask } from './mask';
import type { Conflict } from './merge';
import { type Handle, inside, snapped } from './shaping';
import { fitted, type Size, toScreen, type View } from './view';

export const TOOLS = ['select', 'pan', 'box', 'polygon', 'obb', 'keypoints', 'brush', 'eraser'] as const;
export type Tool = (typeof TOOLS)[number];

/** A class that labels can have. Key points have names and limbs, pairs of numbers from 0, where the project has a skeleton. */
export interface ClassOfLabels {
  readonly name: string;
  /** Which colour it has; null for one that is new. */
  readonly index: number;
  readonly keypoints: readonly string[];
  readonly limbs: readonly (readonly [number, number])[];
}

/** A pointer on the image, be it a mouse, a finger or the cross that keys move. */
export interface Pointer {
  /** In pixels of the image; may lie outside. */
  readonly at: Point;
  /** How near is near enough, in pixels of the window: more for a finger. */
  readonly reach: number;
  /** Shift or Ctrl: to what is selected, rather than instead. */
  readonly isAdding: boolean;
  /** Alt: no snapping, parts of pixels. */
  readonly isFree: boolean;
  readonly isTouch: boolean;
}

/** What is done between pressing and letting go. */
export type Gesture =
  | { readonly kind: 'move'; readonly from: Point; readonly labels: readonly Label[]; readonly next: string | null }
  | { readonly kind: 'reshape'; readonly label: Label; readonly handle: Handle }
  | { readonly kind: 'draw'; readonly tool: 'box' | 'obb'; readonly from: Point }
  | { readonly kind: 'frame'; readonly from: Point; readonly to: Point; readonly before: ReadonlySet<string> }
  | {
      readonly kind: 'brush';
      readonly label: Label | null;
      readonly mask: Mask;
      readonly last: Point;
      readonly isErasing: boolean;
    };

/** What several presses draw. */
export type Draft =
  | { readonly kind: 'polygon'; readonly points: readonly Point[] }
  | { readonly kind: 'keypoints'; readonly points: readonly number[] };

export interface Editor {
  readonly image: Size;
  readonly window: Size;
  readonly view: View;
  readonly classes: readonly ClassOfLabels[];
  readonly edited: Edited;
  readonly selected: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
  readonly locked: ReadonlySet<string>;
  readonly tool: Tool;
  /** What is drawn next is of this class; null where there is none yet. */
  readonly className: string | null;
  /** The brush's radius in pixels of the image. */
  readonly radius: number;
  readonly gesture: Gesture | null;
  /** Labels as the gesture makes them, by key; a new one is among them. */
  readonly preview: ReadonlyMap<string, Label>;
  readonly draft: Draft | null;
  /** The point of the selected label that keys act on. */
  readonly activePoint: number | null;
  /** Where the pointer is, in pixels of the image, or the cross that keys move. */
  readonly pointer: Point | null;
  readonly hasCross: boolean;
  readonly conflicts: readonly Conflict[];
  readonly canEdit: boolean;
}

export function editorOf(given: {
  image: Size;
  classes: readonly ClassOfLabels[];
  labels: readonly Label[];
  canEdit: boolean;
}): Editor {
  const window = { width: 800, height: 600 };
  return {
    ...given,
    window,
    view: fitted(given.image, window),
    edited: notEdited(given.labels),
    selected: new Set(),
    hidden: new Set(),
    locked: new Set(),
    tool: 'select',
    className: given.classes[0]?.name ?? null,
    radius: Math.max(2, Math.round(Math.max(given.image.width, given.image.height) / 60)),
    gesture: null,
    preview: new Map(),
    draft: null,
    activePoint: null,
    pointer: null,
    hasCross: false,
    conflicts: [],
  };
}

let made = 0;

/** A key that no other label of this browser has. */
export const newKey = (): string => `new-${Date.now().toString(36)}-${made++}`;

/** Labels as they are seen: with what the gesture makes of them, from the lowest to the uppermost. */
export function labelsShown({ edited, preview, hidden }: Editor): readonly Label[] {
  const known = new Set(edited.labels.map(({ key }) => key));
  const all =
    preview.size === 0
      ? edited.labels
      : [
          ...edited.labels.map((label) => preview.get(label.key) ?? label),
          ...[...preview.values()].filter(({ key }) => !known.has(key)),
        ];
  return inOrder(hidden.size === 0 ? all : all.filter(({ key }) => !hidden.has(key)));
}

export const selectedLabels = ({ edited, selected }: Editor): Label[] =>
  selected.size === 0 ? [] : edited.labels.filter(({ key }) => selected.has(key));

/** The one label that is selected; null for none and for several. */
export const onlySelected = (editor: Editor): Label | null => {
  const labels = selectedLabels(editor);
  return labels.length === 1 ? (labels[0] ?? null) : null;
};

/** Those of the selected labels that may be changed. */
export const changeable = (editor: Editor): Label[] =>
  selectedLabels(editor).filter(({ key }) => !editor.locked.has(key) && !editor.hidden.has(key));

/** The state with other labels, as a step that can be undone. */
export function withLabels(editor: Editor, name: string, labels: readonly Label[], joins = false): Editor {
  const edits = editsBetween(editor.edited.labels, labels);
  return edits.length === 0 ? editor : { ...editor, edited: done(editor.edited, { name, edits }, joins) };
}

/** The state with some of its labels changed, by key. */
export function withChanged(editor: Editor, name: string, changed: readonly Label[], joins = false): Editor {
  const byKey = new Map(changed.map((label) => [label.key, label]));
  return withLabels(
    editor,
    name,
    editor.edited.labels.map((label) => byKey.get(label.key) ?? label),
    joins,
  );
}

export const classNamed = ({ classes }: Pick<Editor, 'classes'>, name: string | null): ClassOfLabels | null =>
  classes.find((known) => known.name === name) ?? null;

/** The state with a class, which may be new to it. */
export function withClass<T extends Pick<Editor, 'classes'>>(state: T, name: string): T {
  if (state.classes.some((known) => known.name === name)) return state;
  const index = Math.max(-1, ...state.classes.map((known) => known.index)) + 1;
  return { ...state, classes: [...state.classes, { name, index, keypoints: [], limbs: [] }] };
}

/** Where a point that is set comes to lie: on a whole pixel, and on the edge when it is near. */
export function placed({ image, view }: Pick<Editor, 'image' | 'view'>, { at, isFree, reach }: Pointer): Point {
  return isFree ? inside(at, image) : snapped(at, image, Math.min(reach, 8) / view.scale);
}

/** The handle of the only selected label that lies under a pointer. */
export function handleUnder(editor: Editor, pointer: Pointer): { label: Label; handle: Handle } | null {
  const label = onlySelected(editor);
  if (!label || editor.locked.has(label.key) || editor.hidden.has(label.key) || !editor.canEdit) return null;
  const handle = handleAt(label, editor.view, toScreen(editor.view, pointer.at), pointer.reach);
  return handle && { label, handle };
}
