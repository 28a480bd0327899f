import { imageSize } from 'image-size';

/** Images with more pixels are kept but never decoded (it is also sharp's own limit). */
export const MAX_PIXELS = 0x3fff * 0x3fff;

/** How much of an image's beginning and end {@link probeImage} wants to see. */
export const PROBE_HEAD_BYTES = 256 * 1024;
export const PROBE_TAIL_BYTES = 1024;

export type ImageProbe =
  /** Width and height in pixels as displayed, EXIF orientation applied; `isTurned` when that swaps them. */
  | { width: number; height: number; isTurned: boolean; problem: null }
  | { width: number | null; height: number | null; isTurned?: boolean; problem: ImageProblem };

export interface ImageProblem {
  code: 'image_unreadable' | 'image_truncated' | 'image_too_large';
  detail: string;
}

/**
 * Reads an image's dimensions from its first bytes, and from its last ones whether it is whole. Decodes nothing.
 *
 * @param head the first bytes, {@link PROBE_HEAD_BYTES} or the whole file
 * @param tail the last bytes, {@link PROBE_TAIL_BYTES} or the whole file
 */
export function probeImage(head: Uint8Array, tail: Uint8Array): ImageProbe {
  let found: ReturnType<typeof imageSize>;
  try {
    found = imageSize(head);
  } catch (error) {
    const detail = head.length === 0 ? 'the file is empty' : `no image header (${(error as Error).message})`;
    return { width: null, height: null, problem: { code: 'image_unreadable', detail } };
  }
  if (found.type === 'svg' || !found.width || !found.height) {
    return { width: null, height: null, problem: { code: 'image_unreadable', detail: 'not a raster image' } };
  }
  const isTurned = (found.orientation ?? 1) >= 5 || isTurnedHeif(found.type, head);
  const width = isTurned ? found.height : found.width;
  const height = isTurned ? found.width : found.height;
  if (width * height > MAX_PIXELS) {
    const detail = `dimensions ${width} × ${height}, more than ${MAX_PIXELS.toLocaleString('en')} pixels`;
    return { width, height, problem: { code: 'image_too_large', detail } };
  }
  if (isCutOff(found.type, tail)) {
    return {
      width,
      height,
      problem: { code: 'image_truncated', detail: `the end of the ${found.type} data is missing` },
    };
  }
  return { width, height, isTurned, problem: null };
}

/** Phones turn by a property of the container (ISO/IEC 23008-12, 6.5.10): quarter turns, of which two change nothing. */
function isTurnedHeif(type: string | undefined, head: Uint8Array): boolean {
  if (!/^(hei[cfx]|mif1|hevc|avif)/.test(type ?? '')) return false;
  const at = new TextDecoder('latin1').decode(head).indexOf('irot');
  return at > 0 && ((head[at + 4] ?? 0) & 1) === 1;
}

/** JPEG ends with the EOI marker (ISO/IEC 10918-1, B.1.1.3), PNG with an IEND chunk; some writers pad behind it. */
function isCutOff(type: string | undefined, tail: Uint8Array): boolean {
  if (type === 'jpg') return !endsWith(tail, [0xff, 0xd9]);
  if (type === 'png') return !endsWith(tail, [0x49, 0x45, 0x4e, 0x44]);
  return false;
}

function endsWith(tail: Uint8Array, marker: readonly number[]): boolean {
  for (let at = tail.length - marker.length; at >= 0; at--) {
    if (marker.every((byte, i) => tail[at + i] === byte)) return true;
  }
  return false;
}
