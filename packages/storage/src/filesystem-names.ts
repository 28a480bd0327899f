import { join } from 'node:path';

/**
 * How key segments become file names. A file name holds 255 bytes, a key segment up to 1,024: a longer one is cut into
 * nested folders, each marked as "goes on in the next name". All other segments are kept as they are.
 */
const CONTINUES = '~+';
const NAME_BYTES = 240;

export function pathOf(root: string, key: string): string {
  return join(root, ...key.split('/').flatMap(encodeSegment));
}

function encodeSegment(segment: string): string[] {
  if (segment.startsWith(CONTINUES)) return [`${CONTINUES}~`, ...encodeSegment(segment.slice(1))];
  if (Buffer.byteLength(segment) <= NAME_BYTES) return [segment];
  const head = firstBytes(segment, NAME_BYTES - CONTINUES.length);
  return [CONTINUES + head, ...encodeSegment(segment.slice(head.length))];
}

/** What a name adds to the key: folders end in `/` unless the segment goes on inside them. */
export function decodeSegment(name: string, isFolder: boolean): string {
  if (!isFolder) return name;
  return name.startsWith(CONTINUES) ? name.slice(CONTINUES.length) : `${name}/`;
}

/** Compares by UTF-8 bytes, as S3 lists keys. */
export function byKey(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The longest beginning of at most `limit` bytes of UTF-8 that cuts no character. */
function firstBytes(text: string, limit: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > limit) break;
    end += character.length;
  }
  return text.slice(0, end);
}
