import { AppError } from '../errors/app-error.ts';
import { type ContentAnswer, parseRange } from '../files/content.ts';

export interface AudioAnswer extends Pick<ContentAnswer, 'headers'> {
  status: 200 | 206 | 416;
  bytes: Uint8Array | null;
}

/** How sound begins, by the kind that browsers play. */
const KINDS: readonly [type: string, isIt: (bytes: Buffer) => boolean][] = [
  ['audio/wav', (bytes) => at(bytes, 0, 'RIFF') && at(bytes, 8, 'WAVE')],
  ['audio/flac', (bytes) => at(bytes, 0, 'fLaC')],
  ['audio/ogg', (bytes) => at(bytes, 0, 'OggS')],
  ['audio/mp4', (bytes) => at(bytes, 4, 'ftyp')],
  ['audio/webm', (bytes) => bytes.length > 4 && bytes.readUInt32BE(0) === 0x1a45dfa3],
  // An ID3 tag, or the eleven bits that each frame of MPEG begins with.
  ['audio/mpeg', (bytes) => at(bytes, 0, 'ID3') || (bytes.length > 2 && (bytes.readUInt16BE(0) & 0xffe0) === 0xffe0)],
];

const at = (bytes: Buffer, start: number, text: string): boolean =>
  bytes.toString('latin1', start, start + text.length) === text;

/**
 * Sound of a row as it is answered: whole, or the range that was asked for. Its type is that of its bytes, whatever it is called.
 *
 * @throws AppError `unprocessable_audio` for what no browser plays
 */
export function answerAudio(content: Uint8Array, range: string | undefined): AudioAnswer {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const [type] = KINDS.find(([, isIt]) => isIt(bytes)) ?? [];
  if (type === undefined) throw new AppError('unprocessable_audio');
  const headers = {
    'Content-Type': type,
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, no-cache',
    'Accept-Ranges': 'bytes',
  };
  const wanted = parseRange(range, bytes.length);
  if (wanted === 'unsatisfiable')
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${bytes.length}` }, bytes: null };
  if (!wanted) return { status: 200, headers, bytes };
  const { start, end } = wanted;
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${start}-${end}/${bytes.length}` },
    bytes: bytes.subarray(start, end + 1),
  };
}
