import { type Box, ringArea } from '@granary/formats';
import {
  changeable,
  classNamed,
  type Draft,
  type Editor,
  type Gesture,
  handleUnder,
  newKey,
  onlySelected,
  type Pointer,
  placed,
  withChanged,
  withLabels,
} from './editor';
import { labelsAt } from './hit';
import { around, extentOf, type Label, type Point } from './label';
import { brushed, emptyMask, maskOf, rleOf } from './mask';
import { boundedMove, boxBetween, cornersOfBox, moved, reshaped, withNextVisibility, withoutVertex } from './shaping';

/** Shorter drags, in pixels of the window, are presses. */
const PRESS = 4;

/** The pointer is pressed: what begins depends on the tool and on what lies there. */
export function pressed(editor: Editor, pointer: Pointer): Editor {
  const now = { ...editor, pointer: pointer.at };
  if (editor.tool === 'pan') return now;
  if (editor.tool === 'select') return pressedToSelect(now, pointer);
  if (!editor.canEdit) return now;
  // Whoever draws before there is a class, names it first.
  if (editor.className === null && editor.tool !== 'eraser') return now;
  switch (editor.tool) {
    case 'box':
    case 'obb':
      return { ...now, gesture: { kind: 'draw', tool: editor.tool, from: placed(editor, pointer) } };
    case 'polygon':
      return withPolygonPoint(now, pointer);
    case 'keypoints':
      return withDraftKeypoint(now, [...placed(editor, pointer), pointer.isAdding ? 1 : 2]);
    case 'brush':
    case 'eraser':
      return brushPressed(now, pointer);
  }
}

function pressedToSelect(editor: Editor, pointer: Pointer): Editor {
  const held = handleUnder(editor, pointer);
  if (held && !pointer.isAdding) return { ...editor, gesture: { kind: 'reshape', ...held } };
  const reach = pointer.reach / 2 / editor.view.scale;
  const hits = labelsAt(free(editor), pointer.at, reach);
  const already = hits.find(({ key }) => editor.selected.has(key));
  const top = already ?? hits[0];
  if (!top) {
    const selected = pointer.isAdding ? editor.selected : new Set<string>();
    const gesture: Gesture = { kind: 'frame', from: pointer.at, to: pointer.at, before: selected };
    // A finger on nothing moves the image.
    return { ...editor, selected, activePoint: null, gesture: pointer.isTouch ? null : gesture };
  }
  if (pointer.isAdding) {
    const selected = new Set(editor.selected);
    if (!selected.delete(top.key)) selected.add(top.key);
    return { ...editor, selected, activePoint: null };
  }
  // A press, without a move, on what is selected goes on to what lies below it.
  const next = already ? (hits[hits.indexOf(already) + 1] ?? hits[0]) : undefined;
  const selected = already ? editor.selected : new Set([top.key]);
  const chosen = { ...editor, selected, activePoint: already ? editor.activePoint : null };
  if (!editor.canEdit) return chosen;
  return {
    ...chosen,
    gesture: { kind: 'move', from: pointer.at, labels: changeable(chosen), next: next?.key ?? null },
  };
}

/** What can be hit: neither hidden nor locked. */
const free = ({ edited, hidden, locked }: Editor): readonly Label[] =>
  edited.labels.filter(({ key }) => !hidden.has(key) && !locked.has(key));

function brushPressed(editor: Editor, pointer: Pointer): Editor {
  const isErasing = editor.tool === 'eraser';
  const only = onlySelected(editor);
  const own = only?.type === 'rle' && !editor.locked.has(only.key) ? only : null;
  const label =
    isErasing && !own
      ? (labelsAt(
          free(editor).filter(({ type }) => type === 'rle'),
          pointer.at,
          0,
        )[0] ?? null)
      : own;
  if (isErasing && !label) return editor;
  const { width, height } = editor.image;
  const before = label?.type === 'rle' ? maskOf(label.geometry.rle) : emptyMask(width, height);
  const mask = brushed(before, pointer.at, pointer.at, editor.radius, isErasing);
  const gesture: Gesture = { kind: 'brush', label, mask, last: pointer.at, isErasing };
  return { ...editor, gesture, preview: brushPreview(editor, gesture) };
}

function brushPreview(editor: Editor, { label, mask }: Gesture & { kind: 'brush' }): ReadonlyMap<string, Label> {
  const key = label?.key ?? BRUSHED;
  const given = label ?? { className: editor.className, attributes: {} };
  const { className, attributes } = given;
  return new Map([[key, { key, className, attributes, type: 'rle', geometry: rleOf(mask) }]]);
}

/** The key of a label that is being drawn. */
const BRUSHED = 'drawn';

/** The pointer moves. */
export function pointed(editor: Editor, pointer: Pointer): Editor {
  const now = { ...editor, pointer: pointer.at };
  const { gesture } = editor;
  switch (gesture?.kind) {
    case undefined:
      return now;
    case 'move': {
      const [dx, dy] = offsetOf(editor, gesture, pointer);
      const isPress = Math.hypot(dx, dy) * editor.view.scale < 1;
      return { ...now, preview: isPress ? new Map() : previewOf(gesture.labels.map((label) => moved(label, dx, dy))) };
    }
    case 'reshape':
      return { ...now, preview: previewOf([reshapedTo(editor, gesture, pointer)]) };
    case 'draw': {
      const label = drawn(editor, gesture, pointer);
      return { ...now, preview: label ? previewOf([label]) : new Map() };
    }
    case 'frame':
      return {
        ...now,
        gesture: { ...gesture, to: pointer.at },
        selected: framed(editor, { ...gesture, to: pointer.at }),
      };
    case 'brush': {
      const mask = brushed(gesture.mask, gesture.last, pointer.at, editor.radius, gesture.isErasing);
      const further = { ...gesture, mask, last: pointer.at };
      return { ...now, gesture: further, preview: brushPreview(editor, further) };
    }
  }
}

const previewOf = (labels: readonly Label[]): ReadonlyMap<string, Label> =>
  new Map(labels.map((label) => [label.key, label]));

/** Whole pixels, unless Alt is held; the edge of the image holds. */
function offsetOf(editor: Editor, { from, labels }: Gesture & { kind: 'move' }, { at, isFree }: Pointer): Point {
  const [dx, dy] = [at[0] - from[0], at[1] - from[1]];
  const [right, down] = isFree ? [dx, dy] : [Math.round(dx), Math.round(dy)];
  return boundedMove(labels, right, down, editor.image);
}

function reshapedTo(editor: Editor, { label, handle }: Gesture & { kind: 'reshape' }, pointer: Pointer): Label {
  return reshaped(label, handle, handle.kind === 'turn' ? pointer.at : placed(editor, pointer));
}

function drawn(editor: Editor, { tool, from }: Gesture & { kind: 'draw' }, pointer: Pointer): Label | null {
  const box = boxBetween(from, placed(editor, pointer));
  if (box[2] === 0 || box[3] === 0) return null;
  const label = { key: BRUSHED, className: editor.className, attributes: {} };
  return tool === 'box'
    ? { ...label, type: 'bbox', geometry: { box } }
    : { ...label, type: 'obb', geometry: { corners: cornersOfBox(box) } };
}

/** What lies in a frame wholly, with what was selected before. */
function framed(editor: Editor, { from, to, before }: Gesture & { kind: 'frame' }): ReadonlySet<string> {
  const [left, top, width, height] = boxBetween(from, to);
  const isFramed = ([x, y, w, h]: Box) => x >= left && y >= top && x + w <= left + width && y + h <= top + height;
  const inFrame = free(editor).filter((label) => {
    const extent = extentOf(label);
    return extent && isFramed(extent);
  });
  return new Set([...before, ...inFrame.map(({ key }) => key)]);
}

/** The pointer is let go: what the gesture made becomes a step. */
export function released(editor: Editor, pointer: Pointer): Editor {
  const { gesture } = editor;
  if (!gesture) return editor;
  const { preview } = pointed(editor, pointer);
  const ended: Editor = { ...editor, pointer: pointer.at, gesture: null, preview: new Map() };
  const changed = [...preview.values()];
  switch (gesture.kind) {
    case 'move':
      if (changed.length === 0 && gesture.next) return { ...ended, selected: new Set([gesture.next]) };
      return withChanged(ended, 'move', changed);
    case 'reshape':
      return withChanged(ended, 'reshape', changed.filter(isSound));
    case 'draw': {
      const [label] = changed;
      const [from, to] = [gesture.from, pointer.at];
      const length = Math.hypot(to[0] - from[0], to[1] - from[1]) * editor.view.scale;
      return label && length >= PRESS ? withNew(ended, label) : ended;
    }
    case 'frame':
      return ended;
    case 'brush': {
      const [label] = changed;
      if (label?.type !== 'rle') return ended;
      if (label.geometry.box) return gesture.label ? withChanged(ended, 'brush', changed) : withNew(ended, label);
      return withLabels(
        ended,
        'brush',
        ended.edited.labels.filter(({ key }) => key !== label.key),
      );
    }
  }
}

/** Without an area it would be no shape any more. */
function isSound(label: Label): boolean {
  if (label.type === 'bbox') return label.geometry.box[2] > 0 && label.geometry.box[3] > 0;
  if (label.type === 'obb') return ringArea(label.geometry.corners) > 0;
  if (label.type === 'polygon') return label.geometry.polygons.every((ring) => ringArea(ring) > 0);
  return true;
}

/** A new label, which is selected then. */
export function withNew(editor: Editor, label: Label): Editor {
  const fresh = { ...label, key: newKey() };
  const next = withLabels(editor, 'draw', [...editor.edited.labels, fresh]);
  return { ...next, selected: new Set([fresh.key]), activePoint: null, draft: null };
}

/** What was begun is left: the gesture, or else the draft, or else the selection. */
export function cancelled(editor: Editor): Editor {
  if (editor.gesture) return { ...editor, gesture: null, preview: new Map() };
  if (editor.draft) return { ...editor, draft: null };
  if (editor.activePoint !== null) return { ...editor, activePoint: null };
  if (editor.selected.size > 0) return { ...editor, selected: new Set() };
  return { ...editor, tool: 'select', hasCross: false };
}

/** Two presses on a vertex take it away, on a key point they change its visibility. */
export function pressedTwice(editor: Editor, pointer: Pointer): Editor {
  if (editor.draft) return finished(editor);
  const held = editor.tool === 'select' ? handleUnder(editor, pointer) : null;
  if (held?.handle.kind === 'vertex')
    return withChanged(editor, 'point', [withoutVertex(held.label, held.handle.ring, held.handle.index)]);
  if (held?.handle.kind === 'keypoint')
    return withChanged(editor, 'point', [withNextVisibility(held.label, held.handle.index)]);
  return editor;
}

function withPolygonPoint(editor: Editor, pointer: Pointer): Editor {
  const points = editor.draft?.kind === 'polygon' ? editor.draft.points : [];
  const point = placed(editor, pointer);
  const [first, last] = [points[0], points.at(-1)];
  const isNear = (other: Point | undefined) =>
    other && Math.hypot(other[0] - point[0], other[1] - point[1]) * editor.view.scale <= pointer.reach;
  if (points.length >= 3 && isNear(first)) return finished(editor);
  // The second press of two at one place is no further point.
  if (last && last[0] === point[0] && last[1] === point[1]) return editor;
  return { ...editor, draft: { kind: 'polygon', points: [...points, point] } };
}

/** The next key point of the skeleton; the last one ends the label. */
export function withDraftKeypoint(editor: Editor, triple: readonly [x: number, y: number, visibility: number]): Editor {
  const points = [...(editor.draft?.kind === 'keypoints' ? editor.draft.points : []), ...triple];
  const draft: Draft = { kind: 'keypoints', points };
  const wanted = classNamed(editor, editor.className)?.keypoints.length ?? 0;
  const next = { ...editor, draft };
  return wanted > 0 && points.length >= 3 * wanted ? finished(next) : next;
}

/** Without the point that was set last. */
export function withoutLastPoint(editor: Editor): Editor {
  const { draft } = editor;
  if (!draft) return editor;
  if (draft.kind === 'polygon') {
    const points = draft.points.slice(0, -1);
    return { ...editor, draft: points.length > 0 ? { kind: 'polygon', points } : null };
  }
  const points = draft.points.slice(0, -3);
  return { ...editor, draft: points.length > 0 ? { kind: 'keypoints', points } : null };
}

/** What several presses drew becomes a label, if it is enough for one. */
export function finished(editor: Editor): Editor {
  const { draft, className } = editor;
  const label = { key: '', className, attributes: {} };
  if (draft?.kind === 'polygon') {
    const ring = draft.points.flat();
    if (draft.points.length < 3 || ringArea(ring) === 0) return editor;
    return withNew(editor, { ...label, type: 'polygon', geometry: { box: around(ring), polygons: [ring] } });
  }
  if (draft?.kind !== 'keypoints') return editor;
  // Points that the skeleton has beyond those that were set are not there.
  const missing = Math.max(0, (classNamed(editor, className)?.keypoints.length ?? 0) - draft.points.length / 3);
  const keypoints = [...draft.points, ...Array.from({ length: 3 * missing }, () => 0)];
  const seen = keypoints.flatMap((value, i) => (i % 3 !== 2 && keypoints[i - (i % 3) + 2] ? [value] : []));
  const box = around(seen);
  if (!box) return { ...editor, draft: null };
  return withNew(editor, { ...label, type: 'keypoints', geometry: { box, keypoints } });
}
