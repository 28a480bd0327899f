const NUL = 0;
/** Characters that no text has but tabs and line ends. */
const isControl = (byte: number): boolean => byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13;
/** So many bytes tell an encoding by how they pair up. */
const TELLING_BYTES = 1024;
/** The last row of syllables in EUC-KR: behind it are characters that Korean hardly uses, and Chinese often. */
const LAST_SYLLABLE = 0xc8;
const FIRST_SYLLABLE = 0xb0;

/**
 * Decodes text that comes in chunks: UTF-16 where its mark says so, UTF-8, and from the first byte on that is neither what
 * programs of Windows write: EUC-KR, GBK or Windows-1252, by how the bytes pair up. Bytes that are no text become U+FFFD.
 */
export class TextChunks {
  #decoder: InstanceType<typeof TextDecoder> | null = null;
  #rest = new Uint8Array(0);
  #hasBegun = false;
  #hasUtf8 = false;

  decode(chunk: Uint8Array): string {
    const bytes = joined(this.#rest, chunk);
    this.#rest = new Uint8Array(0);
    if (!this.#hasBegun && bytes.length > 1) {
      this.#hasBegun = true;
      const wide = wideOf(bytes);
      if (wide) this.#decoder = new TextDecoder(wide);
    }
    if (this.#decoder) return this.#decoder.decode(bytes, { stream: true });
    const end = this.#hasBegun ? bytes.length - openBytes(bytes) : 0;
    const text = utf8Of(bytes.subarray(0, end), this.#hasUtf8);
    if (text === null) {
      // A few bytes do not tell one encoding from another.
      if (!this.#hasUtf8 && bytes.length < TELLING_BYTES) {
        this.#rest = bytes.slice();
        return '';
      }
      this.#decoder = new TextDecoder(this.#hasUtf8 ? 'utf-8' : (legacyOf(bytes) ?? 'utf-8'), { ignoreBOM: true });
      return this.#decoder.decode(bytes, { stream: true });
    }
    if (end > 0 && (this.#hasUtf8 || text.length < end)) this.#hasUtf8 = true;
    this.#rest = bytes.slice(end);
    return text;
  }

  end(): string {
    if (this.#decoder) return this.#decoder.decode();
    return utf8Of(this.#rest, this.#hasUtf8) ?? new TextDecoder(legacyOf(this.#rest) ?? 'utf-8').decode(this.#rest);
  }
}

/** A whole text in any of these encodings, without its mark; null for bytes that are none. */
export function textOf(bytes: Uint8Array): string | null {
  const encoding = wideOf(bytes);
  if (encoding) return fatal(bytes, encoding);
  const text = utf8Of(bytes, false);
  if (text !== null) return text;
  const legacy = legacyOf(bytes);
  return legacy && fatal(bytes, legacy);
}

function wideOf([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}

/** @param isInside a mark is a character then */
const utf8Of = (bytes: Uint8Array, isInside: boolean): string | null => fatal(bytes, 'utf-8', isInside);

function fatal(bytes: Uint8Array, encoding: string, ignoreBOM = false): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM }).decode(bytes);
  } catch {
    return null;
  }
}

/** How many bytes at the end are the beginning of a character of UTF-8. */
function openBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** The encoding of a text that is no UTF-8; null for bytes that are no text. */
function legacyOf(bytes: Uint8Array): 'euc-kr' | 'gbk' | 'windows-1252' | null {
  let [pairs, alone, syllables] = [0, 0, 0];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === NUL || isControl(byte)) return null;
    if (byte < 0x80) continue;
    const next = bytes[i + 1] ?? 0;
    if (byte < 0xa1 || next < 0xa1) {
      alone++;
      continue;
    }
    pairs++;
    if (byte >= FIRST_SYLLABLE && byte <= LAST_SYLLABLE) syllables++;
    i++;
  }
  if (pairs === 0 || alone > pairs / 4) return 'windows-1252';
  return syllables >= pairs * 0.8 ? 'euc-kr' : 'gbk';
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
