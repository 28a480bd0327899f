import { classColor } from '../format';
import { CHIP_HEIGHT, chipOf } from './chip';
import { classNamed, type Editor, labelsShown, onlySelected } from './editor';
import { handlesOf, verticesOf } from './hit';
import { extentOf, type Label, type Point } from './label';
import { maskOf } from './mask';
import type { Picture } from './picture';
import { toImage, toScreen, type View } from './view';

const DARK = '#020617';
const LIGHT = '#ffffff';
/** From this scale on the pixels of the image are shown as they are; from the second on, with a grid. */
const BLOCKY_FROM = 3;
const GRID_FROM = 12;
const CHIP_PADDING = 5;
const CHIP_FONT = '600 11px "Inter Variable", ui-sans-serif, system-ui, sans-serif';
/** Names beside labels, at most: more could not be read. Those of what is selected are always there. */
const MOST_CHIPS = 250;
/** A label that is narrower in the window has its name only while it is selected. */
const NARROWEST = 18;

/** The image, as much of it as the window shows. */
export function paintImage(context: CanvasRenderingContext2D, editor: Editor, picture: Picture, density: number): void {
  const { view, image, window } = editor;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  const level = picture.levelFor(image.width * view.scale * density);
  if (!level) return;
  const [left, top] = toImage(view, [0, 0]).map((value) => Math.max(0, Math.floor(value)));
  const [right, bottom] = toImage(view, [window.width, window.height]).map((value, i) =>
    Math.min(i === 0 ? image.width : image.height, Math.ceil(value)),
  );
  if (left === undefined || top === undefined || right === undefined || bottom === undefined) return;
  if (right <= left || bottom <= top) return;
  const share = level.width / image.width;
  context.imageSmoothingEnabled = view.scale < BLOCKY_FROM;
  context.imageSmoothingQuality = 'medium';
  const [x, y] = toScreen(view, [left, top]);
  const [width, height] = [right - left, bottom - top];
  context.drawImage(
    level.source,
    ...([left * share, top * share, width * share, height * share] as const),
    ...([x * density, y * density, width * view.scale * density, height * view.scale * density] as const),
  );
  if (view.scale >= GRID_FROM) paintGrid(context, view, [left, top, right, bottom], density);
}

function paintGrid(
  context: CanvasRenderingContext2D,
  view: View,
  [left, top, right, bottom]: readonly [number, number, number, number],
  density: number,
): void {
  context.beginPath();
  for (let column = left; column <= right; column++) {
    const x = Math.round((column * view.scale + view.x) * density) + 0.5;
    context.moveTo(x, (top * view.scale + view.y) * density);
    context.lineTo(x, (bottom * view.scale + view.y) * density);
  }
  for (let row = top; row <= bottom; row++) {
    const y = Math.round((row * view.scale + view.y) * density) + 0.5;
    context.moveTo((left * view.scale + view.x) * density, y);
    context.lineTo((right * view.scale + view.x) * density, y);
  }
  context.strokeStyle = 'rgb(128 128 128 / 0.35)';
  context.lineWidth = 1;
  context.stroke();
}

/** The labels over it, with handles, names and what is being drawn. */
export function paintLabels(
  context: CanvasRenderingContext2D,
  editor: Editor,
  { density, hasNames }: { density: number; hasNames: boolean },
): void {
  const { view, selected } = editor;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  const seen = labelsShown(editor).filter((label) => isInWindow(label, editor));
  const overImage = () =>
    context.setTransform(view.scale * density, 0, 0, view.scale * density, view.x * density, view.y * density);
  overImage();
  const many = seen.length > 400;
  for (const label of seen)
    if (!selected.has(label.key)) paintLabel(context, editor, label, { isSelected: false, many });
  const chosen = seen.filter(({ key }) => selected.has(key) || editor.preview.has(key));
  for (const label of chosen) paintLabel(context, editor, label, { isSelected: true, many: false });
  paintDraft(context, editor);
  context.setTransform(density, 0, 0, density, 0, 0);
  if (hasNames) paintNames(context, editor, seen);
  paintHandles(context, editor, chosen);
  paintFrame(context, editor);
  paintPointer(context, editor);
}

function isInWindow(label: Label, { view, window }: Editor): boolean {
  const extent = extentOf(label);
  if (!extent) return false;
  const [x, y] = toScreen(view, [extent[0], extent[1]]);
  const room = 12;
  return (
    x <= window.width + room &&
    y <= window.height + room &&
    x + extent[2] * view.scale >= -room &&
    y + extent[3] * view.scale >= -room
  );
}

export const colorOf = (editor: Pick<Editor, 'classes'>, className: string | null): string =>
  className === null ? '#94a3b8' : classColor(classNamed(editor, className)?.index ?? 0);

const paths = new WeakMap<object, Path2D>();

/** The outline of a label in pixels of the image; for a mask, its pixels. */
function pathOf(label: Label): Path2D {
  const known = paths.get(label.geometry);
  if (known) return known;
  const path = new Path2D();
  const ring = (flat: readonly number[]) => {
    for (const [i, [x, y]] of verticesOf(flat).entries()) i === 0 ? path.moveTo(x, y) : path.lineTo(x, y);
    path.closePath();
  };
  if (label.type === 'bbox') path.rect(...label.geometry.box);
  else if (label.type === 'polygon') label.geometry.polygons.forEach(ring);
  else if (label.type === 'obb') ring(label.geometry.corners);
  else if (label.type === 'rle') {
    for (const [x, runs] of maskOf(label.geometry.rle).columns) {
      for (let i = 0; i + 1 < runs.length; i += 2) path.rect(x, runs[i] ?? 0, 1, (runs[i + 1] ?? 0) - (runs[i] ?? 0));
    }
  }
  paths.set(label.geometry, path);
  return path;
}

function paintLabel(
  context: CanvasRenderingContext2D,
  editor: Editor,
  label: Label,
  { isSelected, many }: { isSelected: boolean; many: boolean },
): void {
  const { view, locked } = editor;
  const color = colorOf(editor, label.className);
  const pixel = 1 / view.scale;
  context.setLineDash(locked.has(label.key) ? [6 * pixel, 4 * pixel] : []);
  if (label.type === 'keypoints') {
    paintKeypoints(context, editor, label, isSelected);
    return;
  }
  const path = pathOf(label);
  context.fillStyle = color;
  if (label.type === 'rle') {
    context.globalAlpha = isSelected ? 0.6 : 0.4;
    context.fill(path);
    context.globalAlpha = 1;
    return;
  }
  if (isSelected || !many) {
    context.globalAlpha = isSelected ? 0.25 : 0.12;
    context.fill(path);
    context.globalAlpha = 1;
  }
  if (isSelected) {
    context.strokeStyle = LIGHT;
    context.lineWidth = 4 * pixel;
    context.stroke(path);
  }
  context.strokeStyle = color;
  context.lineWidth = 2 * pixel;
  context.stroke(path);
}

function paintKeypoints(
  context: CanvasRenderingContext2D,
  editor: Editor,
  label: Label & { type: 'keypoints' },
  isSelected: boolean,
): void {
  const pixel = 1 / editor.view.scale;
  const color = colorOf(editor, label.className);
  const { keypoints, box } = label.geometry;
  const at = (index: number): Point | null =>
    keypoints[3 * index + 2] ? [keypoints[3 * index] ?? 0, keypoints[3 * index + 1] ?? 0] : null;
  context.strokeStyle = color;
  context.lineWidth = (isSelected ? 3 : 2) * pixel;
  context.beginPath();
  for (const [from, to] of classNamed(editor, label.className)?.limbs ?? []) {
    const [a, b] = [at(from), at(to)];
    if (!a || !b) continue;
    context.moveTo(...a);
    context.lineTo(...b);
  }
  context.stroke();
  if (box && isSelected) {
    context.setLineDash([4 * pixel, 4 * pixel]);
    context.lineWidth = pixel;
    context.strokeRect(...box);
    context.setLineDash([]);
  }
  for (let index = 0; index < keypoints.length / 3; index++) {
    const point = at(index);
    if (!point) continue;
    context.beginPath();
    context.arc(...point, 4 * pixel, 0, 2 * Math.PI);
    // What something hides is a ring.
    context.fillStyle = keypoints[3 * index + 2] === 1 ? DARK : color;
    context.fill();
    context.lineWidth = 1.5 * pixel;
    context.stroke();
  }
}

/** The names, in pixels of the window, on chips that stay in the image and in the window. */
function paintNames(context: CanvasRenderingContext2D, editor: Editor, seen: readonly Label[]): void {
  context.font = CHIP_FONT;
  context.textBaseline = 'middle';
  const wide = seen.filter((label) => (extentOf(label)?.[2] ?? 0) * editor.view.scale >= NARROWEST);
  const named = wide.length <= MOST_CHIPS ? wide : [];
  const others = named.filter(({ key }) => !editor.selected.has(key));
  for (const label of [...others, ...seen.filter(({ key }) => editor.selected.has(key))]) {
    const place = chipOf(label, editor, widthOf(context, label.className ?? ''));
    if (!place || label.className === null) continue;
    const { x, y, width } = place;
    context.fillStyle = colorOf(editor, label.className);
    context.beginPath();
    context.roundRect(x, y, width, CHIP_HEIGHT, 3);
    context.fill();
    context.fillStyle = DARK;
    context.fillText(label.className, x + CHIP_PADDING, y + CHIP_HEIGHT / 2 + 0.5);
  }
}

const widths = new Map<string, number>();

function widthOf(context: CanvasRenderingContext2D, text: string): number {
  const known = widths.get(text);
  if (known !== undefined) return known;
  const width = context.measureText(text).width + 2 * CHIP_PADDING;
  widths.set(text, width);
  return width;
}

function paintHandles(context: CanvasRenderingContext2D, editor: Editor, chosen: readonly Label[]): void {
  const only = onlySelected(editor);
  if (!only || editor.tool !== 'select' || !editor.canEdit || editor.locked.has(only.key)) return;
  const label = chosen.find(({ key }) => key === only.key);
  if (!label) return;
  let vertex = -1;
  for (const { handle, at } of handlesOf(label, editor.view)) {
    if (handle.kind === 'vertex' || handle.kind === 'keypoint') vertex++;
    const isActive = (handle.kind === 'vertex' || handle.kind === 'keypoint') && vertex === editor.activePoint;
    const radius = handle.kind === 'between' ? 3 : isActive ? 7 : 4.5;
    context.beginPath();
    if (handle.kind === 'side') context.rect(at[0] - 4.5, at[1] - 4.5, 9, 9);
    else context.arc(at[0], at[1], radius, 0, 2 * Math.PI);
    context.globalAlpha = handle.kind === 'between' ? 0.6 : 1;
    context.fillStyle = isActive ? colorOf(editor, label.className) : LIGHT;
    context.fill();
    context.strokeStyle = DARK;
    context.lineWidth = 1.5;
    context.stroke();
    context.globalAlpha = 1;
  }
}

function paintDraft(context: CanvasRenderingContext2D, editor: Editor): void {
  const { draft, pointer, view, className } = editor;
  if (!draft) return;
  const pixel = 1 / view.scale;
  context.strokeStyle = colorOf(editor, className);
  context.fillStyle = LIGHT;
  context.lineWidth = 2 * pixel;
  const points: Point[] =
    draft.kind === 'polygon'
      ? [...draft.points]
      : Array.from(
          { length: draft.points.length / 3 },
          (_, i): Point => [draft.points[3 * i] ?? 0, draft.points[3 * i + 1] ?? 0],
        );
  if (draft.kind === 'polygon') {
    context.beginPath();
    for (const [i, point] of points.entries()) i === 0 ? context.moveTo(...point) : context.lineTo(...point);
    if (pointer) context.lineTo(...pointer);
    context.stroke();
  }
  for (const [i, point] of points.entries()) {
    if (draft.kind === 'keypoints' && !draft.points[3 * i + 2]) continue;
    context.beginPath();
    context.arc(...point, (i === 0 ? 6 : 4) * pixel, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

function paintFrame(context: CanvasRenderingContext2D, { gesture, view }: Editor): void {
  if (gesture?.kind !== 'frame') return;
  const [from, to] = [toScreen(view, gesture.from), toScreen(view, gesture.to)];
  context.setLineDash([5, 4]);
  context.lineWidth = 1;
  context.strokeStyle = LIGHT;
  context.fillStyle = 'rgb(255 255 255 / 0.1)';
  context.beginPath();
  context.rect(from[0], from[1], to[0] - from[0], to[1] - from[1]);
  context.fill();
  context.stroke();
  context.setLineDash([]);
}

/** The brush as a ring, and the cross where one draws by keys or with a tool that sets corners. */
function paintPointer(context: CanvasRenderingContext2D, editor: Editor): void {
  const { tool, pointer, view, radius, window, hasCross } = editor;
  if (!pointer || tool === 'select' || tool === 'pan') return;
  const [x, y] = toScreen(view, pointer);
  const lines = (color: string, width: number) => {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.stroke();
  };
  context.beginPath();
  if (tool === 'brush' || tool === 'eraser') context.arc(x, y, radius * view.scale, 0, 2 * Math.PI);
  if (hasCross || (tool !== 'brush' && tool !== 'eraser')) {
    const reach = hasCross && (tool === 'brush' || tool === 'eraser') ? 8 : Math.max(window.width, window.height);
    context.moveTo(x - reach, y);
    context.lineTo(x + reach, y);
    context.moveTo(x, y - reach);
    context.lineTo(x, y + reach);
  }
  lines('rgb(2 6 23 / 0.6)', 2.5);
  lines('rgb(255 255 255 / 0.8)', 1);
}
