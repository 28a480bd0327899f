/** A file with its path inside the folder it came from. */
export interface OpenedFile {
  path: string;
  file: File;
}

const BLOCK = 512;
/** Two empty blocks end a tar. */
export const END_BYTES = BLOCK * 2;
const encoder = new TextEncoder();

/**
 * A tar of the files as a Blob that is put together from their handles: nothing is read until a slice is uploaded. The
 * same files give the same bytes, so that an upload goes on in the middle of a file after a reload.
 * The format is POSIX.1-2001 pax: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 */
export function tarOf(files: readonly OpenedFile[]): Blob {
  const parts: (Blob | Uint8Array<ArrayBuffer>)[] = [];
  for (const { path, file } of inOrder(files)) {
    parts.push(...headerOf(path, file.size), file, padding(file.size));
  }
  parts.push(new Uint8Array(END_BYTES));
  return new Blob(parts);
}

/** A short text that is the same for the same files: paths, sizes and times of change. */
export async function fingerprintOf(files: readonly OpenedFile[]): Promise<string> {
  const listing = inOrder(files).map(({ path, file }) => `${path}\0${file.size}\0${file.lastModified}`);
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(listing.join('\n')));
  return [...new Uint8Array(digest).subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const inOrder = <T extends { path: string }>(files: readonly T[]): T[] =>
  [...files].sort((a, b) => (a.path < b.path ? -1 : 1));

/** What a file takes in a tar, in bytes. */
export function packedSize({ path, sizeBytes }: { path: string; sizeBytes: number }): number {
  const padded = sizeBytes + paddingOf(sizeBytes);
  if (!needsPax(path, sizeBytes)) return BLOCK + padded;
  const records = paxRecords(path, sizeBytes).length;
  return 2 * BLOCK + records + paddingOf(records) + padded;
}

function headerOf(path: string, size: number): Uint8Array<ArrayBuffer>[] {
  const name = encoder.encode(path);
  if (!needsPax(path, size)) return [header(name, size, '0')];
  const records = paxRecords(path, size);
  const placeholder = encoder.encode(`pax/${name.length}`);
  return [
    header(placeholder, records.length, 'x'),
    records,
    padding(records.length),
    header(name.slice(0, 100), Math.min(size, 8 ** 11 - 1), '0'),
  ];
}

/** For names that are long or not of ASCII letters, and sizes that eleven octal digits do not hold. */
const needsPax = (path: string, size: number): boolean =>
  path.length > 100 || size >= 8 ** 11 || /[^\0-\x7f]/.test(path);

const paxRecords = (path: string, size: number) => encoder.encode(record('path', path) + record('size', String(size)));

/** A pax record counts its own length, digits included. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = encoder.encode(rest).length;
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length = String(length).length + bytes;
  return `${length}${rest}`;
}

function header(name: Uint8Array, size: number, type: '0' | 'x'): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const text = (at: number, value: string) => block.set(encoder.encode(value), at);
  const octal = (at: number, width: number, value: number) =>
    text(at, `${value.toString(8).padStart(width - 1, '0')}\0`);
  block.set(name.subarray(0, 100));
  octal(100, 8, 0o644);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, size);
  octal(136, 12, 0);
  text(148, '        ');
  text(156, type);
  text(257, 'ustar\x0000');
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;
const padding = (size: number) => new Uint8Array(paddingOf(size));
