import {
  changeable,
  type Editor,
  newKey,
  onlySelected,
  selectedLabels,
  type Tool,
  withChanged,
  withClass,
  withLabels,
} from './editor';
import { redone, undone } from './history';
import { extentOf, type Label, type Point, zOf } from './label';
import { emptyMask, maskOf, movedMask } from './mask';
import type { Merged } from './merge';
import { boundedMove, moved, placeOf, resizedBox, turned, withNextVisibility, withoutVertex } from './shaping';
import { fitted, panned, type Size, showing, zoomed } from './view';

export const chooseTool = (editor: Editor, tool: Tool): Editor => ({
  ...editor,
  tool,
  gesture: null,
  preview: new Map(),
  draft: null,
  activePoint: null,
});

/** The class of what is selected, and of what is drawn next; it may be new. */
export function chooseClass(editor: Editor, name: string): Editor {
  const next = { ...withClass(editor, name), className: name };
  const changed = changeable(next).filter(({ type }) => type !== 'caption');
  return withChanged(
    next,
    'class',
    changed.map((label) => ({ ...label, className: name })),
  );
}

export const select = (editor: Editor, keys: Iterable<string>): Editor => ({
  ...editor,
  selected: new Set(keys),
  activePoint: null,
});

/** All that can be seen and changed. */
export const selectAll = (editor: Editor): Editor =>
  select(
    editor,
    editor.edited.labels.flatMap(({ key }) => (editor.hidden.has(key) || editor.locked.has(key) ? [] : [key])),
  );

/** The next label after the one that is selected, in their order; the one before it with -1. */
export function selectNext(editor: Editor, by: 1 | -1): Editor {
  const seen = editor.edited.labels.filter(({ key }) => !editor.hidden.has(key));
  if (seen.length === 0) return editor;
  const at = seen.findIndex(({ key }) => editor.selected.has(key));
  const next = at < 0 ? (by > 0 ? 0 : seen.length - 1) : (at + by + seen.length) % seen.length;
  const label = seen[next];
  return label ? shown(select(editor, [label.key]), label) : editor;
}

/** The view, moved so that a label is in it. */
function shown(editor: Editor, label: Label): Editor {
  const extent = extentOf(label);
  if (!extent) return editor;
  const [x, y, width, height] = extent;
  return { ...editor, view: showing(editor.view, [x + width / 2, y + height / 2], editor.window) };
}

/** Removes what is selected; of a polygon or key points with an active point, only that. */
export function remove(editor: Editor): Editor {
  const only = onlySelected(editor);
  const point = editor.activePoint;
  if (only?.type === 'polygon' && point !== null) {
    const [ring, index] = placeOfPoint(only.geometry.polygons, point);
    return { ...withChanged(editor, 'point', [withoutVertex(only, ring, index)]), activePoint: null };
  }
  if (only?.type === 'keypoints' && point !== null) {
    const keypoints = only.geometry.keypoints.toSpliced(3 * point, 3, 0, 0, 0);
    return withChanged(editor, 'point', [{ ...only, geometry: { ...only.geometry, keypoints } }]);
  }
  const gone = new Set(changeable(editor).map(({ key }) => key));
  const left = withLabels(
    editor,
    'remove',
    editor.edited.labels.filter(({ key }) => !gone.has(key)),
  );
  return { ...left, selected: new Set([...editor.selected].filter((key) => !gone.has(key))) };
}

/** The ring, and the vertex of it, by the number of a vertex among those of all rings. */
function placeOfPoint(rings: readonly (readonly number[])[], point: number): [ring: number, index: number] {
  let left = point;
  for (const [ring, coordinates] of rings.entries()) {
    if (left < coordinates.length / 2) return [ring, left];
    left -= coordinates.length / 2;
  }
  return [0, 0];
}

/** The next point of the selected polygon or key points becomes the active one. */
export function nextPoint(editor: Editor, by: 1 | -1): Editor {
  const only = onlySelected(editor);
  const count =
    only?.type === 'polygon'
      ? only.geometry.polygons.flat().length / 2
      : only?.type === 'keypoints'
        ? only.geometry.keypoints.length / 3
        : 0;
  if (count === 0) return editor;
  const at = editor.activePoint;
  return { ...editor, activePoint: at === null ? (by > 0 ? 0 : count - 1) : (at + by + count) % count };
}

/** A vertex in the middle of the edge behind the active one, which becomes active. */
export function insertPoint(editor: Editor): Editor {
  const only = onlySelected(editor);
  if (only?.type !== 'polygon' || editor.activePoint === null) return editor;
  const [ringIndex, index] = placeOfPoint(only.geometry.polygons, editor.activePoint);
  const ring = only.geometry.polygons[ringIndex] ?? [];
  const next = (2 * index + 2) % ring.length;
  const middle = [0, 1].map((i) => Math.round(((ring[2 * index + i] ?? 0) + (ring[next + i] ?? 0)) / 2));
  const polygons = only.geometry.polygons.with(ringIndex, ring.toSpliced(2 * index + 2, 0, ...middle));
  const changed = withChanged(editor, 'insert', [{ ...only, geometry: { ...only.geometry, polygons } }]);
  return { ...changed, activePoint: editor.activePoint + 1 };
}

/** The visibility of the active key point goes on. */
export function nextVisibility(editor: Editor): Editor {
  const only = onlySelected(editor);
  if (only?.type !== 'keypoints' || editor.activePoint === null) return editor;
  return withChanged(editor, 'visibility', [withNextVisibility(only, editor.activePoint)]);
}

/** By keys: the active point, or else all that is selected, moves by pixels of the image. */
export function nudge(editor: Editor, dx: number, dy: number): Editor {
  const only = onlySelected(editor);
  const point = editor.activePoint;
  if (only && point !== null && !editor.locked.has(only.key)) {
    const nudged = nudgedPoint(only, point, dx, dy, editor.image);
    return withChanged(editor, 'nudge point', [nudged], true);
  }
  const labels = changeable(editor);
  const [right, down] = boundedMove(labels, dx, dy, editor.image);
  return withChanged(
    editor,
    'nudge',
    labels.map((label) => moved(label, right, down)),
    true,
  );
}

function nudgedPoint(label: Label, point: number, dx: number, dy: number, { width, height }: Size): Label {
  const into = (value: number, most: number) => Math.min(most, Math.max(0, value));
  const shift = (flat: readonly number[], at: number) =>
    flat.with(at, into((flat[at] ?? 0) + dx, width)).with(at + 1, into((flat[at + 1] ?? 0) + dy, height));
  if (label.type === 'polygon') {
    const [ring, index] = placeOfPoint(label.geometry.polygons, point);
    const polygons = label.geometry.polygons.with(ring, shift(label.geometry.polygons[ring] ?? [], 2 * index));
    return { ...label, geometry: { ...label.geometry, polygons } };
  }
  if (label.type !== 'keypoints') return label;
  return { ...label, geometry: { ...label.geometry, keypoints: shift(label.geometry.keypoints, 3 * point) } };
}

/** By keys: the right and lower sides of what is selected move by pixels of the image. */
export function stretch(editor: Editor, dx: number, dy: number): Editor {
  const { width, height } = editor.image;
  const stretched = changeable(editor).map((label): Label => {
    if (label.type !== 'bbox') return label;
    const [x, y, w, h] = label.geometry.box;
    const to: Point = [Math.min(width, Math.max(x + 1, x + w + dx)), Math.min(height, Math.max(y + 1, y + h + dy))];
    return { ...label, geometry: { box: resizedBox(label.geometry.box, 'se', to) } };
  });
  return withChanged(editor, 'stretch', stretched, true);
}

/** Oriented boxes among what is selected turn by degrees, clockwise. */
export function turn(editor: Editor, degrees: number): Editor {
  const labels = changeable(editor).map(
    (label): Label =>
      label.type === 'obb' ? { ...label, geometry: { corners: turned(label.geometry.corners, degrees) } } : label,
  );
  return withChanged(editor, 'turn', labels, true);
}

/** To a turn that was typed. */
export function turnTo(editor: Editor, degrees: number): Editor {
  const only = onlySelected(editor);
  return only?.type === 'obb' ? turn(editor, degrees - placeOf(only.geometry.corners).degrees) : editor;
}

/** Above or below all others: what is drawn later lies above. */
export function reorder(editor: Editor, to: 'front' | 'back'): Editor {
  const all = editor.edited.labels.map(zOf);
  const z = to === 'front' ? Math.max(0, ...all) + 1 : Math.min(0, ...all) - 1;
  const labels = changeable(editor).map(
    (label): Label => ({ ...label, attributes: { ...label.attributes, z_order: z } }),
  );
  return withChanged(editor, 'order', labels);
}

export const toggleHidden = (editor: Editor, keys: readonly string[]): Editor => ({
  ...editor,
  hidden: toggled(editor.hidden, keys),
});

export const toggleLocked = (editor: Editor, keys: readonly string[]): Editor => ({
  ...editor,
  locked: toggled(editor.locked, keys),
});

/** All of them are in it, unless they are so already: then none. */
function toggled(set: ReadonlySet<string>, keys: readonly string[]): ReadonlySet<string> {
  const areAll = keys.every((key) => set.has(key));
  const next = new Set(set);
  for (const key of keys) {
    if (areAll) next.delete(key);
    else next.add(key);
  }
  return next;
}

/** What can be pasted, be it into another image: whole, with the size of its image for masks. */
export interface Clipping {
  readonly labels: readonly Label[];
  readonly image: Size;
}

export const copied = (editor: Editor): Clipping => ({ labels: selectedLabels(editor), image: editor.image });

/** Where it was, or a little beside it where that is taken; what would lie outside moves in. */
export function paste(editor: Editor, { labels, image }: Clipping): Editor {
  if (!editor.canEdit || labels.length === 0) return editor;
  const isTaken = labels.some((label) => editor.edited.labels.some((other) => isAtSamePlace(label, other)));
  const aside = isTaken ? Math.max(4, Math.round(12 / editor.view.scale)) : 0;
  const fresh = labels.map((label): Label => {
    const fit = label.type === 'rle' ? maskInto(label, editor.image, image) : label;
    const [x, y, width, height] = extentOf(fit) ?? [0, 0, 0, 0];
    const into = (at: number, length: number, room: number) => Math.min(0, room - at - length - aside) + aside;
    const dx = Math.max(-x, into(x, width, editor.image.width));
    const dy = Math.max(-y, into(y, height, editor.image.height));
    return { ...moved(fit, dx, dy), key: newKey() };
  });
  const known = fresh.reduce(
    (state, { className }) => (className === null ? state : withClass(state, className)),
    editor,
  );
  const next = withLabels(known, 'paste', [...editor.edited.labels, ...fresh]);
  return { ...chooseTool(next, 'select'), selected: new Set(fresh.map(({ key }) => key)) };
}

function isAtSamePlace(label: Label, other: Label): boolean {
  const [a, b] = [extentOf(label), extentOf(other)];
  return Boolean(a && b && label.type === other.type && a.every((value, i) => Math.abs(value - (b[i] ?? 0)) < 1));
}

function maskInto(label: Label & { type: 'rle' }, { width, height }: Size, from: Size): Label {
  if (from.width === width && from.height === height) return label;
  const mask = { ...emptyMask(width, height), columns: maskOf(label.geometry.rle).columns };
  return { ...label, geometry: movedMask(mask, 0, 0) };
}

export const undo = (editor: Editor): Editor => pruned({ ...editor, edited: undone(editor.edited), draft: null });
export const redo = (editor: Editor): Editor => pruned({ ...editor, edited: redone(editor.edited), draft: null });

/** What is gone is not selected. */
function pruned(editor: Editor): Editor {
  const keys = new Set(editor.edited.labels.map(({ key }) => key));
  return { ...editor, selected: new Set([...editor.selected].filter((key) => keys.has(key))), activePoint: null };
}

/** What others did has come in. It is nobody's step here, and is not undone. */
export function replaced(editor: Editor, { labels, conflicts }: Pick<Merged, 'labels' | 'conflicts'>): Editor {
  const known = labels.reduce(
    (state, { className }) => (className === null ? state : withClass(state, className)),
    editor,
  );
  return pruned({
    ...known,
    edited: { ...editor.edited, labels },
    conflicts: [...editor.conflicts, ...conflicts],
  });
}

/** Of a label that two changed: the one, the other, or both. */
export function resolve(editor: Editor, theirs: string, keep: 'mine' | 'theirs' | 'both'): Editor {
  const conflict = editor.conflicts.find((known) => known.theirs === theirs);
  const conflicts = editor.conflicts.filter((known) => known !== conflict);
  const mine = editor.edited.labels.find(({ key }) => key === conflict?.mine);
  if (!conflict || !mine || keep === 'both') return { ...editor, conflicts };
  const others = editor.edited.labels.filter(({ key }) => key !== conflict.mine);
  const labels =
    keep === 'theirs' ? others : others.map((label) => (label.key === theirs ? { ...mine, key: theirs } : label));
  return pruned({ ...withLabels(editor, 'resolve', labels), conflicts });
}

/** The class of the whole image, there or not. */
export function toggleImageClass(editor: Editor, name: string): Editor {
  const known = editor.edited.labels.find((label) => label.type === 'classification' && label.className === name);
  const next = withClass(editor, name);
  const labels = known
    ? next.edited.labels.filter((label) => label !== known)
    : [
        ...next.edited.labels,
        { key: newKey(), type: 'classification' as const, geometry: {}, className: name, attributes: {} },
      ];
  return pruned(withLabels(next, 'image class', labels));
}

/** A caption of the image: changed by its key, new without one, gone without a text. */
export function setCaption(editor: Editor, key: string | null, caption: string): Editor {
  const { labels } = editor.edited;
  if (key === null) {
    if (caption === '') return editor;
    const label: Label = { key: newKey(), type: 'caption', geometry: { caption }, className: null, attributes: {} };
    return withLabels(editor, 'caption', [...labels, label]);
  }
  const next = labels.flatMap((label): Label[] => {
    if (label.key !== key || label.type !== 'caption' || label.geometry.caption === caption) return [label];
    return caption === '' ? [] : [{ ...label, geometry: { caption } }];
  });
  return pruned(withLabels(editor, 'caption', next));
}

/** An attribute of all that is selected; undefined takes it away. */
export function setAttribute(editor: Editor, name: string, value: unknown): Editor {
  const labels = changeable(editor).map((label): Label => {
    const { [name]: _, ...others } = label.attributes;
    return { ...label, attributes: value === undefined ? others : { ...others, [name]: value } };
  });
  return withChanged(editor, `attribute ${name}`, labels, true);
}

/** A box, by numbers that were typed. */
export function setBox(editor: Editor, box: readonly [number, number, number, number]): Editor {
  const only = onlySelected(editor);
  const [x, y, width, height] = box;
  const fits =
    x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= editor.image.width && y + height <= editor.image.height;
  if (only?.type !== 'bbox' || !fits) return editor;
  return withChanged(editor, 'box', [{ ...only, geometry: { box: [x, y, width, height] } }]);
}

/** An empty mask that is painted on from here: what is selected is left. */
export const newMask = (editor: Editor): Editor => ({ ...chooseTool(editor, 'brush'), selected: new Set() });

export const brushSize = (editor: Editor, factor: number): Editor => ({
  ...editor,
  radius: Math.min(500, Math.max(0.5, Math.round(editor.radius * factor * 2) / 2 + (factor > 1 ? 0.5 : 0))),
});

/** The window has this size by now; an image that was fitted is so again. */
export function resizeWindow(editor: Editor, window: Size): Editor {
  const fit = fitted(editor.image, editor.window);
  const wasFitted = fit.scale === editor.view.scale && fit.x === editor.view.x && fit.y === editor.view.y;
  const view = wasFitted ? fitted(editor.image, window) : panned(editor.view, 0, 0, editor.image, window);
  return { ...editor, window, view };
}

export const fit = (editor: Editor): Editor => ({ ...editor, view: fitted(editor.image, editor.window) });

/** One pixel of the image is one of the window. */
export const actualSize = (editor: Editor): Editor => zoom(editor, 1 / editor.view.scale);

/** Around a place of the window, which is its middle by default. */
export function zoom(editor: Editor, factor: number, at?: Point): Editor {
  const { width, height } = editor.window;
  return { ...editor, view: zoomed(editor.view, factor, at ?? [width / 2, height / 2], editor.image, editor.window) };
}

export const pan = (editor: Editor, dx: number, dy: number): Editor => ({
  ...editor,
  view: panned(editor.view, dx, dy, editor.image, editor.window),
});

/** The cross that keys draw with moves by pixels of the window; it starts where the pointer is, or in the middle. */
export function crossTo(editor: Editor, dx: number, dy: number): Point {
  const { view, image, window, pointer, hasCross } = editor;
  const middle: Point = [(window.width / 2 - view.x) / view.scale, (window.height / 2 - view.y) / view.scale];
  const [x, y] = hasCross && pointer ? pointer : middle;
  const into = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value)));
  const step = Math.max(1, Math.round(1 / view.scale));
  return [into(x + dx * step, image.width), into(y + dy * step, image.height)];
}
