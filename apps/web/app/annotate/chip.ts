import type { Editor } from './editor';
import { extentOf, type Label } from './label';
import { toScreen } from './view';

/** In pixels of the window. */
export const CHIP_HEIGHT = 18;

/** Above the label where the image has room for it, else inside of it. */
export function chipOf(
  label: Label,
  { view, image, window }: Pick<Editor, 'view' | 'image' | 'window'>,
  width: number,
): { x: number; y: number; width: number } | null {
  const extent = extentOf(label);
  if (!extent) return null;
  const [left, top] = toScreen(view, [extent[0], extent[1]]);
  const [imageLeft, imageTop] = toScreen(view, [0, 0]);
  const [imageRight, imageBottom] = toScreen(view, [image.width, image.height]);
  const into = (value: number, least: number, most: number) => Math.max(least, Math.min(value, most));
  const lowest = Math.max(imageTop, 0);
  const y = top - CHIP_HEIGHT >= lowest ? top - CHIP_HEIGHT : top;
  return {
    x: into(left, Math.max(imageLeft, 0), Math.min(imageRight, window.width) - width),
    y: into(y, lowest, Math.min(imageBottom, window.height) - CHIP_HEIGHT),
    width,
  };
}
