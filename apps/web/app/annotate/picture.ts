import type { Size } from './view';

interface Level {
  readonly source: CanvasImageSource;
  readonly width: number;
}

/** The image at several sizes: what is drawn small is drawn from a small one. */
export interface Picture {
  /** The smallest that is sharp at so many pixels of the screen for the whole width; null before the first one is there. */
  levelFor(width: number): Level | null;
  close(): void;
}

/** Images of no more pixels are fetched whole at once. */
const SMALL_PIXELS = 4_000_000;
/** A level is at least so wide. */
const SMALLEST_WIDTH = 1000;

/**
 * Shows the thumbnail first. The image itself is fetched when the thumbnail is not sharp enough, and then kept in half, quarter and
 * eighth of its size, too: browsers scale 48 megapixels down anew for every frame otherwise.
 *
 * @param full null where browsers cannot show the file: the thumbnail is all there is
 */
export function pictureOf(
  { thumbnail, full, size }: { thumbnail: string; full: string | null; size: Size },
  { onChange, onFailure }: { onChange(): void; onFailure(): void },
): Picture {
  const levels: Level[] = [];
  let isClosed = false;
  let isFetching = false;
  const add = (source: CanvasImageSource, width: number) => {
    if (isClosed) return;
    levels.push({ source, width });
    levels.sort((a, b) => a.width - b.width);
    onChange();
  };
  const fetchThumbnail = async () => {
    const image = await decoded(thumbnail);
    add(image, image.naturalWidth);
  };
  const fetchFull = async () => {
    if (isFetching || !full) return;
    isFetching = true;
    const image = await decoded(full);
    add(image, size.width);
    for (let width = size.width / 2; width >= SMALLEST_WIDTH && !isClosed; width /= 2) {
      const [resizeWidth, resizeHeight] = [Math.round(width), Math.round((size.height / size.width) * width)];
      add(await createImageBitmap(image, { resizeWidth, resizeHeight, resizeQuality: 'medium' }), resizeWidth);
    }
  };
  const failed = () => {
    isFetching = false;
    if (!isClosed && levels.length === 0) onFailure();
  };
  if (full && size.width * size.height <= SMALL_PIXELS) fetchFull().catch(() => fetchThumbnail().catch(failed));
  else fetchThumbnail().catch(() => fetchFull().catch(failed));
  return {
    levelFor(width) {
      const sharp = levels.find((level) => level.width >= width);
      if (!sharp && levels.length > 0) fetchFull().catch(failed);
      return sharp ?? levels.at(-1) ?? null;
    },
    close() {
      isClosed = true;
      for (const { source } of levels) if (source instanceof ImageBitmap) source.close();
      levels.length = 0;
    },
  };
}

async function decoded(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
