import { isShownByBrowsers } from '@granary/formats';
import { type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { thumbnailUrl } from '~/components/image-tile';
import { pan, resizeWindow, zoom } from './commands';
import { type Editor, handleUnder, labelsShown, type Pointer } from './editor';
import { labelsAt } from './hit';
import type { Point } from './label';
import { paintImage, paintLabels } from './paint';
import { type Picture, pictureOf } from './picture';
import { cancelled, pointed, pressed, pressedTwice, released } from './pointing';
import { type EditorStore, useEditor, useEditorStore } from './store';
import { toImage } from './view';

/** Tools that set a point where one presses and lets go; a drag with them moves the image. */
const POINT_TOOLS: ReadonlySet<string> = new Set(['polygon', 'keypoints']);
const MOUSE_REACH = 8;
const TOUCH_REACH = 22;
const DRAG = 6;

export interface CanvasImage {
  readonly id: number;
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** The image with its labels, and what a pointer does with them. */
export function Canvas({
  datasetId,
  image,
  hasNames,
  isPanning,
  focus,
}: {
  datasetId: string;
  image: CanvasImage;
  hasNames: boolean;
  /** Space is held. */
  isPanning: RefObject<boolean>;
  focus: RefObject<HTMLDivElement>;
}) {
  const t = useTranslations('annotate');
  const store = useEditorStore();
  const count = useEditor((editor) => editor.edited.labels.length);
  const [isBroken, setIsBroken] = useState(false);
  const { under, over } = usePainting(store, { datasetId, image, hasNames }, () => setIsBroken(true));
  useSize(store, focus);
  useWheel(store, focus);
  const pointers = usePointers(store, isPanning);
  return (
    <div
      ref={focus}
      role="application"
      aria-label={t('canvas', { path: image.path, count })}
      data-testid="canvas"
      className="relative size-full touch-none overflow-hidden bg-canvas select-none focus-visible:outline-1 focus-visible:outline-offset-[-2px]"
      {...pointers}
    >
      <canvas ref={under} className="pointer-events-none absolute inset-0 size-full" aria-hidden />
      <canvas ref={over} className="pointer-events-none absolute inset-0 size-full" aria-hidden />
      {isBroken ? (
        <p role="alert" className="absolute inset-x-0 top-1/2 text-center text-sm text-dim">
          {t('broken')}
        </p>
      ) : null}
    </div>
  );
}

/** Paints at most once a frame, and the image only when it lies elsewhere. */
function usePainting(
  store: EditorStore,
  { datasetId, image, hasNames }: { datasetId: string; image: CanvasImage; hasNames: boolean },
  onFailure: () => void,
) {
  const under = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const names = useRef(hasNames);
  const failed = useRef(onFailure);
  names.current = hasNames;
  failed.current = onFailure;
  const repaint = useRef<() => void>(() => {});
  const { id, path, width, height } = image;
  useEffect(() => {
    let frame = 0;
    let last: Editor | null = null;
    const schedule = () => {
      frame ||= requestAnimationFrame(paint);
    };
    const picture: Picture = pictureOf(
      {
        thumbnail: thumbnailUrl(datasetId, id, 1280),
        full: isShownByBrowsers(path)
          ? `/api/v1/datasets/${datasetId}/files/content?path=${encodeURIComponent(path)}`
          : null,
        size: { width, height },
      },
      {
        onChange() {
          last = null;
          schedule();
        },
        onFailure: () => failed.current(),
      },
    );
    const paint = () => {
      frame = 0;
      const [image, labels] = [under.current?.getContext('2d'), over.current?.getContext('2d')];
      if (!image || !labels) return;
      const editor = store.getState();
      const density = window.devicePixelRatio || 1;
      const isResized = sized(image.canvas, editor, density);
      sized(labels.canvas, editor, density);
      if (isResized || !last || last.view !== editor.view) paintImage(image, editor, picture, density);
      paintLabels(labels, editor, { density, hasNames: names.current });
      last = editor;
    };
    repaint.current = () => {
      last = null;
      schedule();
    };
    schedule();
    // Names are measured anew once their font is there.
    document.fonts?.ready.then(schedule, () => {});
    const leave = store.subscribe(schedule);
    return () => {
      leave();
      cancelAnimationFrame(frame);
      picture.close();
    };
  }, [store, datasetId, id, path, width, height]);
  useEffect(() => {
    if (hasNames || !hasNames) repaint.current();
  }, [hasNames]);
  return { under, over };
}

/** Gives a canvas as many pixels as the screen has for it; true where these are others than before. */
function sized(canvas: HTMLCanvasElement, { window: { width, height } }: Editor, density: number): boolean {
  const [wide, high] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width === wide && canvas.height === high) return false;
  canvas.width = wide;
  canvas.height = high;
  return true;
}

function useSize(store: EditorStore, element: RefObject<HTMLDivElement>): void {
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    // Keys draw here.
    target.tabIndex = 0;
    const measure = () => {
      const size = { width: target.clientWidth, height: target.clientHeight };
      if (size.width > 0 && size.height > 0) store.run((editor) => resizeWindow(editor, size));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    measure();
    return () => observer.disconnect();
  }, [store, element]);
}

/** React listens to wheels passively: the page would zoom, too. */
function useWheel(store: EditorStore, element: RefObject<HTMLDivElement>): void {
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 30;
      if (event.shiftKey) {
        store.run((editor) => pan(editor, -(event.deltaY || event.deltaX) * lines, 0));
        return;
      }
      // A pinch on a touch pad comes as a wheel with Ctrl, in smaller steps.
      const factor = 2 ** ((-event.deltaY * lines) / (event.ctrlKey ? 80 : 300));
      store.run((editor) => zoom(editor, Math.min(3, Math.max(1 / 3, factor)), placeIn(target, event)));
    };
    target.addEventListener('wheel', onWheel, { passive: false });
    return () => target.removeEventListener('wheel', onWheel);
  }, [store, element]);
}

function placeIn(element: Element, { clientX, clientY }: { clientX: number; clientY: number }): Point {
  const { left, top } = element.getBoundingClientRect();
  return [clientX - left, clientY - top];
}

interface Held {
  readonly start: Point;
  at: Point;
}

/** One pointer draws, selects or moves the image; two fingers zoom and move it. */
function usePointers(store: EditorStore, isPanning: RefObject<boolean>) {
  const held = useRef(new Map<number, Held>());
  const mode = useRef<'none' | 'act' | 'pan' | 'point' | 'pinch'>('none');
  const run = store.run;
  const pointerOf = (event: PointerEvent<HTMLDivElement>, place: Point): Pointer => {
    const isTouch = event.pointerType === 'touch';
    return {
      at: toImage(store.getState().view, place),
      reach: isTouch ? TOUCH_REACH : MOUSE_REACH,
      isAdding: event.shiftKey || event.ctrlKey || event.metaKey,
      isFree: event.altKey,
      isTouch,
    };
  };
  const showCursor = (element: HTMLDivElement, pointer: Pointer) => {
    element.style.cursor = cursorOf(store.getState(), pointer, mode.current === 'pan' || Boolean(isPanning.current));
  };
  return {
    onPointerDown(event: PointerEvent<HTMLDivElement>) {
      const element = event.currentTarget;
      const place = placeIn(element, event);
      element.focus({ preventScroll: true });
      element.setPointerCapture(event.pointerId);
      held.current.set(event.pointerId, { start: place, at: place });
      if (held.current.size === 2) {
        mode.current = 'pinch';
        run((editor) => (editor.gesture ? cancelled(editor) : editor));
        return;
      }
      if (held.current.size > 2 || event.button > 1) return;
      const editor = store.getState();
      if (event.button === 1 || editor.tool === 'pan' || isPanning.current) mode.current = 'pan';
      else if (POINT_TOOLS.has(editor.tool)) mode.current = 'point';
      else {
        mode.current = 'act';
        const pointer = pointerOf(event, place);
        run((now) => pressed({ ...now, hasCross: false }, pointer));
        // A finger on nothing moves the image.
        if (pointer.isTouch && editor.tool === 'select' && !store.getState().gesture) mode.current = 'pan';
      }
      showCursor(element, pointerOf(event, place));
    },
    onPointerMove(event: PointerEvent<HTMLDivElement>) {
      const place = placeIn(event.currentTarget, event);
      const pointer = held.current.get(event.pointerId);
      const before = pointer?.at;
      if (pointer) pointer.at = place;
      if (mode.current === 'pinch') {
        if (pointer && before) pinch(store, [...held.current.values()], pointer, before);
        return;
      }
      if (pointer && before && mode.current === 'point' && distance(pointer.start, place) > DRAG) mode.current = 'pan';
      if (pointer && before && mode.current === 'pan')
        run((editor) => pan(editor, place[0] - before[0], place[1] - before[1]));
      const now = pointerOf(event, place);
      run((editor) => pointed({ ...editor, hasCross: false }, now));
      showCursor(event.currentTarget, now);
    },
    onPointerUp(event: PointerEvent<HTMLDivElement>) {
      const pointer = held.current.get(event.pointerId);
      held.current.delete(event.pointerId);
      const was = mode.current;
      if (held.current.size > 0) return;
      mode.current = 'none';
      if (!pointer || was === 'pinch') return;
      if (was === 'point') {
        const pressedAt = pointerOf(event, pointer.start);
        run((editor) => pressed({ ...editor, hasCross: false }, pressedAt));
      }
      const now = pointerOf(event, pointer.at);
      if (was === 'act') run((editor) => released(editor, now));
      showCursor(event.currentTarget, now);
    },
    onPointerCancel(event: PointerEvent<HTMLDivElement>) {
      held.current.delete(event.pointerId);
      mode.current = 'none';
      run((editor) => (editor.gesture ? cancelled(editor) : editor));
    },
    onPointerLeave() {
      if (held.current.size === 0) run((editor) => (editor.hasCross ? editor : { ...editor, pointer: null }));
    },
    onDoubleClick(event: React.MouseEvent<HTMLDivElement>) {
      const place = placeIn(event.currentTarget, event);
      run((editor) => {
        const at = toImage(editor.view, place);
        return pressedTwice(editor, { at, reach: MOUSE_REACH, isAdding: false, isFree: false, isTouch: false });
      });
    },
    onContextMenu(event: React.MouseEvent) {
      event.preventDefault();
    },
  };
}

const distance = ([x1, y1]: Point, [x2, y2]: Point): number => Math.hypot(x2 - x1, y2 - y1);

function pinch(store: EditorStore, pointers: readonly Held[], moved: Held, before: Point): void {
  const other = pointers.find((pointer) => pointer !== moved);
  if (!other) return;
  const middle: Point = [(moved.at[0] + other.at[0]) / 2, (moved.at[1] + other.at[1]) / 2];
  const factor = distance(moved.at, other.at) / Math.max(1, distance(before, other.at));
  const [dx, dy] = [(moved.at[0] - before[0]) / 2, (moved.at[1] - before[1]) / 2];
  store.run((editor) => zoom(pan(editor, dx, dy), factor, middle));
}

const SIDE_CURSORS: Record<string, string> = {
  n: 'ns-resize',
  s: 'ns-resize',
  e: 'ew-resize',
  w: 'ew-resize',
  nw: 'nwse-resize',
  se: 'nwse-resize',
  ne: 'nesw-resize',
  sw: 'nesw-resize',
};

function cursorOf(editor: Editor, pointer: Pointer, isPanning: boolean): string {
  if (isPanning) return 'grabbing';
  if (editor.tool === 'pan') return 'grab';
  if (editor.tool === 'brush' || editor.tool === 'eraser') return 'none';
  if (editor.tool !== 'select') return 'crosshair';
  const handle = handleUnder(editor, pointer)?.handle;
  if (handle?.kind === 'side')
    return editor.edited.labels.some(({ key, type }) => editor.selected.has(key) && type === 'obb')
      ? 'move'
      : (SIDE_CURSORS[handle.side] ?? 'move');
  if (handle?.kind === 'turn') return 'grab';
  if (handle) return 'pointer';
  const free = labelsShown(editor).filter(({ key }) => !editor.locked.has(key));
  return labelsAt(free, pointer.at, pointer.reach / 2 / editor.view.scale).length > 0 ? 'move' : 'default';
}
