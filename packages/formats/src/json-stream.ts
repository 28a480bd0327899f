/** A file is not what its format says; the message names what and where. */
export class FormatError extends Error {
  override name = 'FormatError';
}

/** Bytes of elements that are parsed in one go. */
const BATCH_BYTES = 512 * 1024;
/** A single array element may be this long; a longer one is not the kind of file we read. */
const MAX_ELEMENT_BYTES = 64 * 1024 * 1024;
const MAX_KEY_BYTES = 64 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

export interface ArrayBatch {
  key: string;
  elements: unknown[];
  /** Position of the batch's first element in its array. */
  firstIndex: number;
}

/**
 * Reads the top-level arrays of a JSON object, such as a COCO file, with bounded memory: element borders are found by
 * bytes, and some hundred kilobytes of elements at a time go through `JSON.parse`. Members that are no array, and
 * arrays that are not wanted, are skipped.
 *
 * @throws FormatError with the byte position, when the text is no JSON object or ends too early
 */
export async function* readTopLevelArrays(
  stream: AsyncIterable<Uint8Array>,
  isWanted: (key: string) => boolean,
): AsyncGenerator<ArrayBatch> {
  const input = new ByteWindow(stream);
  if (await input.startsWith([0xef, 0xbb, 0xbf])) input.advance(3);
  if ((await input.nextSolid()) !== OPEN_BRACE) throw input.error('a JSON object was expected');
  input.advance(1);
  for (let isFirst = true; ; isFirst = false) {
    let byte = await input.nextSolid();
    if (byte === CLOSE_BRACE) break;
    if (!isFirst) {
      if (byte !== COMMA) throw input.error('a comma or the end of the object was expected');
      input.advance(1);
      byte = await input.nextSolid();
    }
    if (byte !== QUOTE) throw input.error('a member name was expected');
    const key = parse(input, await input.takeValue(MAX_KEY_BYTES));
    if ((await input.nextSolid()) !== COLON) throw input.error('a colon was expected');
    input.advance(1);
    if ((await input.nextSolid()) === OPEN_BRACKET && isWanted(String(key))) yield* readArray(input, String(key));
    else await input.skipValue();
  }
  input.advance(1);
  if ((await input.nextSolid()) !== null) throw input.error('nothing was expected after the end of the object');
}

async function* readArray(input: ByteWindow, key: string): AsyncGenerator<ArrayBatch> {
  input.advance(1);
  let firstIndex = 0;
  let parts: string[] = [];
  let bytes = 0;
  const flush = (): ArrayBatch => {
    const elements = parse(input, `[${parts.join(',')}]`) as unknown[];
    const batch = { key, elements, firstIndex };
    firstIndex += elements.length;
    parts = [];
    bytes = 0;
    return batch;
  };
  for (let isFirst = true; ; isFirst = false) {
    const byte = await input.nextSolid();
    if (byte === CLOSE_BRACKET) break;
    if (!isFirst) {
      if (byte !== COMMA) throw input.error(`a comma or the end of "${key}" was expected`);
      input.advance(1);
      await input.nextSolid();
    }
    const element = await input.takeValue(MAX_ELEMENT_BYTES);
    parts.push(element);
    bytes += element.length;
    if (bytes >= BATCH_BYTES) yield flush();
  }
  input.advance(1);
  if (parts.length > 0) yield flush();
}

function parse(input: ByteWindow, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw input.error((error as Error).message);
  }
}

/** A view on the part of the stream that is being looked at; what was taken is forgotten. */
class ByteWindow {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #buffer: Uint8Array = new Uint8Array();
  #at = 0;
  #before = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  error(what: string): FormatError {
    return new FormatError(`Not valid JSON near byte ${(this.#before + this.#at).toLocaleString('en')}: ${what}`);
  }

  advance(bytes: number): void {
    this.#at += bytes;
  }

  async startsWith(bytes: readonly number[]): Promise<boolean> {
    while (this.#buffer.length < bytes.length && (await this.#more())) {}
    return bytes.every((byte, i) => this.#buffer[i] === byte);
  }

  /** The next byte that is not white space, without taking it; null at the end. */
  async nextSolid(): Promise<number | null> {
    for (;;) {
      const byte = this.#buffer[this.#at];
      if (byte === undefined) {
        if (!(await this.#more())) return null;
      } else if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
        this.#at++;
      } else {
        return byte;
      }
    }
  }

  async takeValue(limit: number): Promise<string> {
    const length = await this.#valueLength(limit);
    const bytes = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw this.error('the text is not UTF-8');
    }
  }

  /** Passes over a value of any length without keeping it. */
  async skipValue(): Promise<void> {
    const scan = new ValueScan();
    for (;;) {
      const end = scan.run(this.#buffer, this.#at);
      if (end >= 0) {
        this.#at = end;
        return;
      }
      this.#at = this.#buffer.length;
      if (!(await this.#more())) throw this.error('the file ends in the middle of a value');
    }
  }

  async #valueLength(limit: number): Promise<number> {
    const scan = new ValueScan();
    let scanned = 0;
    for (;;) {
      const end = scan.run(this.#buffer, this.#at + scanned);
      if (end >= 0) return end - this.#at;
      scanned = this.#buffer.length - this.#at;
      if (scanned > limit) throw this.error(`a single value is longer than ${limit.toLocaleString('en')} bytes`);
      if (!(await this.#more())) throw this.error('the file ends in the middle of a value');
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    const rest = this.#buffer.subarray(this.#at);
    this.#before += this.#at;
    this.#at = 0;
    if (rest.length === 0) {
      this.#buffer = next.value;
      return true;
    }
    const joined = new Uint8Array(rest.length + next.value.length);
    joined.set(rest);
    joined.set(next.value, rest.length);
    this.#buffer = joined;
    return true;
  }
}

/** Finds the end of one JSON value over any number of chunks, by its brackets and quotes only. */
class ValueScan {
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #hasStarted = false;

  /** The position behind the value, or -1 when it goes on beyond the buffer. */
  run(buffer: Uint8Array, from: number): number {
    for (let at = from; at < buffer.length; at++) {
      const byte = buffer[at];
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) {
          this.#inString = false;
          if (this.#depth === 0) return at + 1;
        }
        continue;
      }
      if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.#depth++;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (this.#depth === 0) return at;
        if (--this.#depth === 0) return at + 1;
      } else if (this.#depth === 0 && this.#hasStarted && isScalarEnd(byte)) {
        return at;
      }
      this.#hasStarted = true;
    }
    return -1;
  }
}

function isScalarEnd(byte: number | undefined): boolean {
  return byte === COMMA || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
