import type { Point } from './label';

/** How the image lies in the window: a pixel of it is `scale` pixels of the window wide; `x`, `y` is its top left corner. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MAX_SCALE = 64;
/** So much of the window stays free around an image that is fitted to it. */
const MARGIN = 16;
/** An image is never pushed further out than to leave so much of it in the window. */
const KEPT = 48;

export const toScreen = ({ scale, x, y }: View, [imageX, imageY]: Point): Point => [
  imageX * scale + x,
  imageY * scale + y,
];

export const toImage = ({ scale, x, y }: View, [screenX, screenY]: Point): Point => [
  (screenX - x) / scale,
  (screenY - y) / scale,
];

/** The whole image in the middle of the window. */
export function fitted(image: Size, window: Size): View {
  const scale = Math.min(MAX_SCALE, scaleThatFits(image, window));
  return {
    scale,
    x: (window.width - image.width * scale) / 2,
    y: (window.height - image.height * scale) / 2,
  };
}

const scaleThatFits = (image: Size, window: Size): number =>
  Math.max(
    Math.min((window.width - 2 * MARGIN) / image.width, (window.height - 2 * MARGIN) / image.height),
    1 / Math.max(image.width, image.height),
  );

/** Nearer by `factor`; what is under `at` stays there. */
export function zoomed(view: View, factor: number, at: Point, image: Size, window: Size): View {
  const smallest = Math.min(1, scaleThatFits(image, window) / 2);
  const scale = Math.min(MAX_SCALE, Math.max(smallest, view.scale * factor));
  const [imageX, imageY] = toImage(view, at);
  return kept({ scale, x: at[0] - imageX * scale, y: at[1] - imageY * scale }, image, window);
}

/** Moved by pixels of the window. */
export const panned = (view: View, dx: number, dy: number, image: Size, window: Size): View =>
  kept({ ...view, x: view.x + dx, y: view.y + dy }, image, window);

/** The view, moved no more than it takes to have a point of the image in the window. */
export function showing(view: View, point: Point, window: Size): View {
  const [x, y] = toScreen(view, point);
  const into = (at: number, length: number) => Math.max(MARGIN - at, 0) + Math.min(length - MARGIN - at, 0);
  return { ...view, x: view.x + into(x, window.width), y: view.y + into(y, window.height) };
}

function kept(view: View, image: Size, window: Size): View {
  const within = (at: number, length: number, room: number) => Math.min(room - KEPT, Math.max(KEPT - length, at));
  return {
    ...view,
    x: within(view.x, image.width * view.scale, window.width),
    y: within(view.y, image.height * view.scale, window.height),
  };
}
