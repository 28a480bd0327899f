import iconv from 'iconv-lite';
import { getFileNameLowLevel } from 'yauzl';

const UTF8_FLAG = 0x800;
const UNICODE_PATH_FIELD = 0x7075;

/**
 * An entry's name: UTF-8 when its flag says so or the bytes are valid UTF-8, else CP949 (Korean Windows writes it
 * without saying so), else CP437, as the format has it. The Info-ZIP Unicode path field wins where it is right.
 */
export function decodeEntryName(
  raw: Buffer,
  flags: number,
  extraFields: readonly { id: number; data: Buffer }[],
): string {
  if (extraFields.some((field) => field.id === UNICODE_PATH_FIELD)) {
    return getFileNameLowLevel(flags, raw, [...extraFields], true);
  }
  if (flags & UTF8_FLAG) return raw.toString('utf8');
  return decodeUtf8(raw) ?? decodeCp949(raw) ?? getFileNameLowLevel(flags, raw, [], true);
}

/** A name of which nobody says how it is encoded: UTF-8 where the bytes are valid, else CP949, else Latin-1. */
export const decodeName = (raw: Buffer): string => decodeUtf8(raw) ?? decodeCp949(raw) ?? raw.toString('latin1');

function decodeUtf8(raw: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return null;
  }
}

/** Not by TextDecoder: Node's "euc-kr" lacks the syllables that CP949 has beyond EUC-KR. */
function decodeCp949(raw: Buffer): string | null {
  const text = iconv.decode(raw, 'cp949');
  return text.includes('\ufffd') ? null : text;
}
