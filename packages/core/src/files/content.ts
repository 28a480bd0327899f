import type { Readable } from 'node:stream';
import type { ObjectStore } from '@granary/storage';
import type { DatasetFile } from './files.ts';

/** Media types that a browser shows without running anything; all others are offered for download. */
const SHOWN_INLINE = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/bmp',
  'image/avif',
  'text/plain',
]);

const SIGNED_URL_SECONDS = 300;

/** A file, and where its content is: in the store, or already read from there. */
export interface OpenContent {
  file: Pick<DatasetFile, 'path' | 'mime' | 'sizeBytes' | 'sha256' | 'storageKey'>;
  source: Pick<ObjectStore, 'get' | 'signedUrl'>;
}

export interface ContentAnswer {
  status: 200 | 206 | 302 | 304 | 416;
  headers: Record<string, string>;
  body: Readable | null;
}

/**
 * How a file's content is answered: a short-lived URL of the store where it has such, else the bytes, whole or the
 * range asked for (RFC 9110, section 14; a single range). Content of strangers never runs: it is sandboxed, not
 * sniffed, and active types are attachments.
 */
export async function answerContent(
  { file, source: store }: OpenContent,
  request: { range?: string | undefined; ifNoneMatch?: string | undefined; download?: boolean },
): Promise<ContentAnswer> {
  const isInline = SHOWN_INLINE.has(file.mime) && !request.download;
  const contentType = isInline ? file.mime : 'application/octet-stream';
  const contentDisposition = disposition(file.path, isInline);
  const url = await store.signedUrl(file.storageKey, {
    expiresInSeconds: SIGNED_URL_SECONDS,
    contentType,
    contentDisposition,
  });
  if (url) return { status: 302, headers: { Location: url, 'Cache-Control': 'private, no-store' }, body: null };

  const etag = `"${file.sha256}"`;
  const headers: Record<string, string> = {
    'Content-Type': contentType === 'text/plain' ? 'text/plain; charset=utf-8' : contentType,
    'Content-Disposition': contentDisposition,
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, no-cache',
    'Accept-Ranges': 'bytes',
    ETag: etag,
  };
  if (request.ifNoneMatch?.includes(etag)) return { status: 304, headers, body: null };
  const range = parseRange(request.range, file.sizeBytes);
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${file.sizeBytes}` }, body: null };
  }
  if (!range) {
    return {
      status: 200,
      headers: { ...headers, 'Content-Length': String(file.sizeBytes) },
      body: await store.get(file.storageKey),
    };
  }
  return {
    status: 206,
    headers: {
      ...headers,
      'Content-Length': String(range.end - range.start + 1),
      'Content-Range': `bytes ${range.start}-${range.end}/${file.sizeBytes}`,
    },
    body: await store.get(file.storageKey, { range }),
  };
}

/** Null for no range, several ranges, and units other than bytes: then the whole is answered. */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [first, last] = [match[1], match[2]].map((digits) => (digits ? Number(digits) : null));
  if (first === null || first === undefined) {
    const length = Math.min(last ?? 0, sizeBytes);
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const end = Math.min(last ?? sizeBytes - 1, sizeBytes - 1);
  if (first >= sizeBytes) return 'unsatisfiable';
  return end < first ? null : { start: first, end };
}

function disposition(path: string, isInline: boolean): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  return `${isInline ? 'inline' : 'attachment'}; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;
}
