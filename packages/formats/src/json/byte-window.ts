import { FormatError } from '../format-error.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, isSpace, OPEN_BRACE, OPEN_BRACKET } from './bytes.ts';
import { parse, parseLeniently, reasonOf, TOO_DEEP } from './parse.ts';
import { ValueScan } from './value-scan.ts';

/** Bytes of elements that are parsed in one go: few, so that what is read dies young. At 512 KiB, all took a half longer. */
const BATCH_BYTES = 64 * 1024;
/** A single array element may be this long: a mask of many megapixels in uncompressed run lengths is. */
const MAX_ELEMENT_BYTES = 32 * 1024 * 1024;
const MAX_KEY_BYTES = 64 * 1024;
/** Members that are no list, such as `info`, are handed out up to this size. */
const MAX_VALUE_BYTES = 256 * 1024;
/** How often the end of a batch is guessed wrongly before its elements are looked for one by one. */
const MAX_GUESSES = 4;

interface Taken {
  elements: unknown[];
  broken: { index: number; reason: string }[];
  isLast: boolean;
}

/** A view on the part of the stream that is being looked at; what was taken is forgotten. */
export class ByteWindow {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #ids: readonly string[];
  #wrongGuesses = 0;
  /** What ends the file too early, once all before it was handed out. */
  #failure: FormatError | null = null;
  /** Whether the list's next element must have a comma before it. */
  #isCommaDue = false;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #buffer: Uint8Array = new Uint8Array(256 * 1024);
  #end = 0;
  #at = 0;
  /** Bytes of the stream before the buffer's first. */
  #before = 0;

  constructor(stream: AsyncIterable<Uint8Array>, ids: readonly string[]) {
    this.#ids = ids;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  error(what: string, at = this.#at): FormatError {
    return new FormatError(`Not valid JSON near byte ${(this.#before + at).toLocaleString('en')}: ${what}`);
  }

  advance(bytes: number): void {
    this.#at += bytes;
  }

  openList(): void {
    this.#at += 1;
    this.#isCommaDue = false;
  }

  async skipByteOrderMark(): Promise<void> {
    while (this.#end < 3 && (await this.#more())) {}
    const [a, b, c] = this.#buffer;
    if (this.#end >= 3 && a === 0xef && b === 0xbb && c === 0xbf) this.#at = 3;
  }

  /** The next byte that is not white space, without taking it; null at the end. */
  async nextSolid(): Promise<number | null> {
    for (;;) {
      while (this.#at < this.#end) {
        const byte = this.#buffer[this.#at] ?? 0;
        if (!isSpace(byte)) return byte;
        this.#at++;
      }
      if (!(await this.#more())) return null;
    }
  }

  async takeKey(): Promise<string> {
    const end = await this.#endOfValue(MAX_KEY_BYTES);
    if (end < 0) throw this.error('a member name is too long');
    const key = parse(this.#decode(this.#at, end));
    this.#at = end;
    if (typeof key !== 'string') throw this.error('a member name was expected');
    return key;
  }

  /** A member's value; undefined when it is too long to be of use, or nested too deeply. */
  async takeMember(maxBytes = MAX_VALUE_BYTES): Promise<unknown> {
    const end = await this.#endOfValue(maxBytes);
    if (end < 0) {
      await this.skipValue();
      return undefined;
    }
    const text = this.#decode(this.#at, end);
    const value = parseLeniently(text);
    if (value === undefined) {
      const reason = reasonOf(text);
      if (reason !== TOO_DEEP) throw this.error(reason);
    }
    this.#at = end;
    return value;
  }

  /** Passes over a value of any length without keeping it. */
  async skipValue(): Promise<void> {
    const scan = new ValueScan();
    for (;;) {
      const end = scan.run(this.#buffer, this.#at, this.#end);
      if (end >= 0) {
        this.#at = end;
        return;
      }
      this.#at = this.#end;
      if (!(await this.#more())) throw this.error('the file ends in the middle of a value');
    }
  }

  /**
   * The next elements of a list by a guess that spares looking at each byte: the batch ends at some `}, {`. A text cut
   * off inside of an element is no JSON, so that a guess which parses is right. Null when no guess is.
   */
  async takeGuessedElements(): Promise<Taken | null> {
    if (this.#failure || this.#wrongGuesses >= MAX_GUESSES) return null;
    while (this.#end - this.#at < BATCH_BYTES * 2 && (await this.#more())) {}
    const hasComma = this.#buffer[this.#at] === COMMA;
    if (hasComma !== this.#isCommaDue) return null;
    const from = hasComma ? this.#at + 1 : this.#at;
    let at = Math.min(this.#end - 1, from + BATCH_BYTES);
    for (let guess = 0; guess < MAX_GUESSES; guess++) {
      at = this.#cutBefore(from, at);
      if (at < 0) break;
      const elements = parse(this.#decodeList(from, at));
      if (Array.isArray(elements) && !this.#hasLongIds(elements)) {
        this.#wrongGuesses = 0;
        this.#isCommaDue = true;
        this.#at = at;
        return { elements, broken: [], isLast: false };
      }
    }
    this.#wrongGuesses++;
    return null;
  }

  /** The last position from `from` to `at` behind a `}` that a comma and a `{` follow, or -1. */
  #cutBefore(from: number, at: number): number {
    for (let open = at; open > from; open--) {
      if (this.#buffer[open] !== OPEN_BRACE) continue;
      let before = open - 1;
      while (before > from && isSpace(this.#buffer[before] ?? 0)) before--;
      if (this.#buffer[before] !== COMMA) continue;
      before--;
      while (before > from && isSpace(this.#buffer[before] ?? 0)) before--;
      if (this.#buffer[before] === CLOSE_BRACE) return before + 1;
    }
    return -1;
  }

  /** The text of a list of these elements. Its brackets are lent by the bytes around it, which saves a copy of the text. */
  #decodeList(from: number, to: number): string {
    const [before, after] = [this.#buffer[from - 1], this.#buffer[to]];
    if (before === undefined || after === undefined) return `[${this.#decode(from, to)}]`;
    this.#buffer[from - 1] = OPEN_BRACKET;
    this.#buffer[to] = CLOSE_BRACKET;
    try {
      return this.#decode(from - 1, to + 1);
    } finally {
      this.#buffer[from - 1] = before;
      this.#buffer[to] = after;
    }
  }

  #hasLongIds(elements: readonly unknown[]): boolean {
    return elements.some((element) => {
      if (typeof element !== 'object' || element === null) return false;
      for (const id of this.#ids) {
        const value: unknown = (element as Record<string, unknown>)[id];
        if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return true;
      }
      return false;
    });
  }

  /**
   * The next elements of a list, until there are enough of them or it ends; its bracket is taken, too. Where the file
   * breaks off, those before are taken, and the next call throws.
   */
  async takeElements(): Promise<Taken> {
    if (this.#failure) throw this.#failure;
    // Positions count from #at, which stays where the batch begins while the buffer moves.
    const borders: number[] = [];
    try {
      return await this.#takeUpTo(borders);
    } catch (error) {
      if (!(error instanceof FormatError) || borders.length === 0) throw error;
      this.#failure = error;
      return { ...this.#parseElements(borders), isLast: false };
    }
  }

  /** @param borders of the elements that were found, added to while they are looked for */
  async #takeUpTo(borders: number[]): Promise<Taken> {
    let reach = 0;
    for (;;) {
      const byte = await this.#solidFrom(reach);
      reach = byte.offset;
      if (byte.value === CLOSE_BRACKET) {
        const taken = this.#parseElements(borders);
        this.#at += reach + 1;
        return { ...taken, isLast: true };
      }
      const isComma = byte.value === COMMA;
      if (isComma !== this.#isCommaDue)
        throw this.error(isComma ? 'a value was expected' : 'a comma was expected', this.#at + reach);
      if (isComma) {
        reach++;
        this.#isCommaDue = false;
        continue;
      }
      const end = await this.#endOfValue(MAX_ELEMENT_BYTES, reach);
      if (end < 0) {
        const { elements, broken } = this.#parseElements(borders);
        borders.length = 0;
        this.#at += reach;
        this.#isCommaDue = true;
        await this.skipValue();
        const reason = `a single element is longer than ${MAX_ELEMENT_BYTES.toLocaleString('en')} bytes`;
        broken.push({ index: elements.length, reason });
        return { elements: [...elements, undefined], broken, isLast: false };
      }
      if (end === this.#at + reach) throw this.error('a value was expected', end);
      borders.push(reach, end - this.#at);
      this.#isCommaDue = true;
      reach = end - this.#at;
      if (reach >= BATCH_BYTES) {
        const taken = this.#parseElements(borders);
        this.#at += reach;
        return { ...taken, isLast: false };
      }
    }
  }

  /** Parses the elements between the borders as one text, or each for itself where that fails. */
  #parseElements(borders: readonly number[]): Omit<Taken, 'isLast'> {
    const [first] = borders;
    if (first === undefined) return { elements: [], broken: [] };
    const textOf = (from = 0, to = 0) => this.#decode(this.#at + from, this.#at + to);
    const all = parseLeniently(`[${textOf(first, borders.at(-1))}]`);
    if (Array.isArray(all) && all.length === borders.length / 2) return { elements: all, broken: [] };
    const elements: unknown[] = [];
    const broken: Taken['broken'] = [];
    for (let i = 0; i < borders.length; i += 2) {
      const text = textOf(borders[i], borders[i + 1]);
      const element = parseLeniently(text);
      if (element === undefined) broken.push({ index: i / 2, reason: reasonOf(text) });
      elements.push(element);
    }
    return { elements, broken };
  }

  async #solidFrom(offset: number): Promise<{ value: number; offset: number }> {
    for (;;) {
      for (let at = this.#at + offset; at < this.#end; at++) {
        const byte = this.#buffer[at] ?? 0;
        if (!isSpace(byte)) return { value: byte, offset: at - this.#at };
      }
      offset = this.#end - this.#at;
      if (!(await this.#more())) throw this.error('the file ends in the middle of a list', this.#end);
    }
  }

  /** Where the value that begins at `offset` ends; -1 when it is longer than the limit. */
  async #endOfValue(limit: number, offset = 0): Promise<number> {
    const scan = new ValueScan();
    let scanned = offset;
    for (;;) {
      const end = scan.run(this.#buffer, this.#at + scanned, this.#end);
      if (end >= 0) return end;
      scanned = this.#end - this.#at;
      if (scanned - offset > limit) return -1;
      if (!(await this.#more())) throw this.error('the file ends in the middle of a value', this.#end);
    }
  }

  #decode(from: number, to: number): string {
    try {
      return this.#decoder.decode(this.#buffer.subarray(from, to));
    } catch {
      throw this.error('the text is not UTF-8', from);
    }
  }

  /** Appends the next chunk; the buffer grows by doubling, and drops what was taken. */
  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    const chunk = next.value;
    if (this.#end + chunk.length > this.#buffer.length) {
      const rest = this.#end - this.#at;
      const needed = rest + chunk.length;
      const target = needed > this.#buffer.length ? new Uint8Array(needed * 2) : this.#buffer;
      target.set(this.#buffer.subarray(this.#at, this.#end));
      this.#buffer = target;
      this.#before += this.#at;
      this.#end = rest;
      this.#at = 0;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
    return true;
  }
}
