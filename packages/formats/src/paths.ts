import type { IssueCode } from './report.ts';

/** Longest path in bytes of UTF-8: a key of the store holds 1,024 with its prefix. */
export const MAX_PATH_BYTES = 900;

const MIME: Record<string, string> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  bmp: 'image/bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  avif: 'image/avif',
  jfif: 'image/jpeg',
  jpe: 'image/jpeg',
  ppm: 'image/x-portable-pixmap',
  pgm: 'image/x-portable-graymap',
  pbm: 'image/x-portable-bitmap',
  pnm: 'image/x-portable-anymap',
  jp2: 'image/jp2',
  j2k: 'image/j2k',
  jxl: 'image/jxl',
  heic: 'image/heic',
  heif: 'image/heif',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  xml: 'application/xml',
  json: 'application/json',
  jsonl: 'application/jsonl',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.file',
  svg: 'image/svg+xml',
  zip: 'application/zip',
  gz: 'application/gzip',
  tar: 'application/x-tar',
};
/** What browsers show as it is. */
const SHOWN = ['jpg', 'jpeg', 'jfif', 'jpe', 'png', 'webp', 'gif', 'bmp', 'avif'];
/** What is shown once it was converted. */
const CONVERTED = ['tif', 'tiff', 'ppm', 'pgm', 'pbm', 'pnm', 'jp2', 'j2k', 'jxl', 'heic', 'heif'];
const IMAGES = new Set([...SHOWN, ...CONVERTED]);
const DATA = new Set(['csv', 'tsv', 'jsonl', 'ndjson', 'parquet', 'arrow']);
const ARCHIVES = new Set(['zip', 'tar', 'gz', 'tgz', '7z', 'rar', 'bz2', 'xz', 'zst', 'txz', 'tbz', 'tbz2', 'z01']);
const JUNK = new Set(['thumbs.db', 'desktop.ini', '__macosx']);
const SPLITS: Record<string, string> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
  학습: 'train',
  훈련: 'train',
  검증: 'val',
  시험: 'test',
  테스트: 'test',
  训练: 'train',
  训练集: 'train',
  验证: 'val',
  验证集: 'val',
  测试: 'test',
  测试集: 'test',
  訓練: 'train',
  学習: 'train',
  検証: 'val',
  テスト: 'test',
};

export function extensionOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder with its trailing slash; '' at the top. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** The path without its extension. */
export function stemOf(path: string): string {
  const extension = extensionOf(path);
  return extension ? path.slice(0, -extension.length - 1) : path;
}

export const mimeOf = (path: string): string => MIME[extensionOf(path)] ?? 'application/octet-stream';
export const isImagePath = (path: string): boolean => IMAGES.has(extensionOf(path));
/** Whether a browser shows the image without its being converted. */
export const isShownByBrowsers = (path: string): boolean => SHOWN.includes(extensionOf(path));
export const isArchivePath = (path: string): boolean => ARCHIVES.has(extensionOf(path));

/** What a file is before its dataset's format is known; readers say later which files they took for labels. */
export function kindOf(path: string): 'image' | 'data' | 'other' {
  if (isImagePath(path)) return 'image';
  return DATA.has(extensionOf(path)) ? 'data' : 'other';
}

/** The split that one folder or file name stands for (`valid` and `validation` are `val`), or null. */
export function splitName(name: string): string | null {
  const lower = name.toLowerCase();
  return Object.hasOwn(SPLITS, lower) ? (SPLITS[lower] ?? null) : null;
}

/** The split that a path's folders name; the outermost wins. */
export function splitOf(path: string): string | null {
  for (const folder of folderOf(path).split('/')) {
    const split = splitName(folder.replace(/\d{4}$/, ''));
    if (split) return split;
  }
  return null;
}

export type CleanedName =
  | { path: string }
  | { refused: Extract<IssueCode, 'unsafe_path' | 'name_too_long' | 'reserved_name' | 'skipped_junk'>; reason: string };

/**
 * Makes an archive's or a browser's entry name a path of the dataset, or says why it can't be one. Backslashes are
 * separators, since Windows tools write them; the text is brought to Unicode NFC.
 */
export function cleanEntryName(raw: string): CleanedName {
  const name = raw.replaceAll('\\', '/').normalize('NFC');
  if (name.startsWith('/')) return { refused: 'unsafe_path', reason: 'an absolute path' };
  if (/^[a-z]:/i.test(name)) return { refused: 'unsafe_path', reason: 'a path with a drive letter' };
  if (/^[a-z][a-z0-9+.-]+:\//i.test(name)) return { refused: 'unsafe_path', reason: 'an address, and no path' };
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..'))
    return { refused: 'unsafe_path', reason: 'a path with ".." that leads out of the dataset' };
  if (/[\p{Cc}\p{Cs}\ufffd]/u.test(name)) {
    return { refused: 'unsafe_path', reason: 'a path with control or undecodable characters' };
  }
  if (segments.length === 0) return { refused: 'unsafe_path', reason: 'an empty path' };
  if (segments.some((segment) => segment.startsWith('.') || JUNK.has(segment.toLowerCase()))) {
    return { refused: 'skipped_junk', reason: 'a system or hidden file' };
  }
  const path = segments.join('/');
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > MAX_PATH_BYTES) return { refused: 'name_too_long', reason: `a path of ${bytes} bytes` };
  if (path === 'meta.json') return { refused: 'reserved_name', reason: "Granary's own description of a dataset" };
  return { path };
}
