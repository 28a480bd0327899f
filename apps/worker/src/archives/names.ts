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
  return decodeAs('utf-8', raw) ?? decodeAs('euc-kr', raw) ?? getFileNameLowLevel(flags, raw, [], true);
}

/** The encoding that browsers call euc-kr is CP949: https://encoding.spec.whatwg.org/#names-and-labels */
function decodeAs(encoding: string, bytes: Buffer): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
