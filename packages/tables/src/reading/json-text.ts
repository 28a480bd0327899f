import type { Json } from '../values.ts';
import { itemOf, type Shape, sawField, sawFloat, sawInteger } from './shape.ts';

/** What is deeper is refused: every reader of JSON recurses somewhere. */
export const DEEPEST = 200;

/** Where a text stops being JSON, and why. */
export class JsonError extends Error {
  override name = 'JsonError';
  /** The place in the text. */
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** A value of an object as it is written. */
export interface Member {
  name: string;
  start: number;
  end: number;
}

/**
 * Goes through a text of JSON once. `NaN`, `Infinity` and `-Infinity` are numbers, as Python writes them.
 *
 * @param shape learns what is in the text, if it is given
 * @throws JsonError
 */
export function scanJson(text: string, shape: Shape | null): { hasLoneSurrogate: boolean } {
  const scanner = new Scanner(text);
  scanner.value(shape);
  scanner.end();
  return scanner;
}

/** The members of an object, in order; of a name that comes twice both. @throws JsonError for what is no object */
export function membersOf(text: string): { members: Member[]; hasLoneSurrogate: boolean } {
  const scanner = new Scanner(text);
  const members: Member[] = [];
  scanner.space();
  if (text.charCodeAt(scanner.at) !== OPEN_BRACE)
    throw new JsonError('a row must be an object: {"name": value, …}', scanner.at);
  scanner.object(null, members);
  scanner.end();
  return { members, hasLoneSurrogate: scanner.hasLoneSurrogate };
}

/**
 * The value of a text of JSON. What JavaScript has no number for is a string: integers beyond 2^53, `NaN`, `Infinity`,
 * what is beyond the doubles, and -0, which JSON would not keep.
 *
 * @throws JsonError
 */
export function jsonValueOf(text: string): Json {
  if (text.length < 16 && /^-?[1-9]\d{0,14}$/.test(text)) return Number(text);
  const scanner = new Scanner(text);
  const value = scanner.read();
  scanner.end();
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/y;
const WORD = /[\w.+-]+/y;

class Scanner {
  readonly #text: string;
  at = 0;
  hasLoneSurrogate = false;
  #depth = 0;
  #hasEscape = false;

  constructor(text: string) {
    this.#text = text;
  }

  space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
    }
  }

  end(): void {
    this.space();
    if (this.at < this.#text.length) throw this.#unexpected('nothing more');
  }

  value(shape: Shape | null): void {
    this.space();
    const code = this.#text.charCodeAt(this.at);
    if (code === QUOTE) {
      this.#string();
      if (shape) shape.strings++;
    } else if (code === OPEN_BRACE) this.object(shape, null);
    else if (code === OPEN_BRACKET) {
      if (shape) shape.lists++;
      const item = shape ? itemOf(shape) : null;
      this.#list(() => this.value(item));
    } else if (this.#isWord('null')) {
      if (shape) shape.nulls++;
    } else if (this.#isWord('true') || this.#isWord('false')) {
      if (shape) shape.booleans++;
    } else {
      const number = this.#number();
      if (!shape) return;
      if (/^-?\d+$/.test(number) && number !== '-0') sawInteger(shape, number);
      else sawFloat(shape, number);
    }
  }

  object(shape: Shape | null, members: Member[] | null): void {
    const serial = shape ? ++shape.objects : 0;
    this.#members((name) => {
      this.space();
      const start = this.at;
      this.value(shape ? sawField(shape, name, serial) : null);
      members?.push({ name, start, end: this.at });
    });
  }

  read(): Json {
    this.space();
    const code = this.#text.charCodeAt(this.at);
    if (code === QUOTE) return this.#readString();
    if (code === OPEN_BRACE) {
      const entries: [string, Json][] = [];
      this.#members((name) => entries.push([name, this.read()]));
      return Object.fromEntries(entries);
    }
    if (code === OPEN_BRACKET) {
      const items: Json[] = [];
      this.#list(() => items.push(this.read()));
      return items;
    }
    if (this.#isWord('null')) return null;
    if (this.#isWord('true')) return true;
    if (this.#isWord('false')) return false;
    const lexeme = this.#number();
    const number = Number(lexeme);
    if (!Number.isFinite(number) || Object.is(number, -0)) return lexeme;
    return /^-?\d+$/.test(lexeme) && !Number.isSafeInteger(number) ? lexeme : number;
  }

  #members(each: (name: string) => void): void {
    this.#open();
    this.space();
    if (this.#text.charCodeAt(this.at) === CLOSE_BRACE) this.at++;
    else {
      for (;;) {
        this.space();
        if (this.#text.charCodeAt(this.at) !== QUOTE) throw this.#unexpected('a name in quotes');
        const name = this.#readString();
        this.space();
        if (this.#text.charCodeAt(this.at) !== COLON) throw this.#unexpected('":"');
        this.at++;
        each(name);
        this.space();
        const code = this.#text.charCodeAt(this.at);
        if (code !== COMMA && code !== CLOSE_BRACE) throw this.#unexpected('"," or "}"');
        this.at++;
        if (code === CLOSE_BRACE) break;
      }
    }
    this.#depth--;
  }

  #list(each: () => void): void {
    this.#open();
    this.space();
    if (this.#text.charCodeAt(this.at) === CLOSE_BRACKET) this.at++;
    else {
      for (;;) {
        each();
        this.space();
        const code = this.#text.charCodeAt(this.at);
        if (code !== COMMA && code !== CLOSE_BRACKET) throw this.#unexpected('"," or "]"');
        this.at++;
        if (code === CLOSE_BRACKET) break;
      }
    }
    this.#depth--;
  }

  #open(): void {
    if (++this.#depth > DEEPEST) throw new JsonError(`it is nested deeper than ${DEEPEST} levels`, this.at);
    this.at++;
  }

  #readString(): string {
    const start = this.at;
    this.#string();
    const inner = this.#text.slice(start + 1, this.at - 1);
    return this.#hasEscape ? String(JSON.parse(`"${inner}"`)) : inner;
  }

  #string(): void {
    const text = this.#text;
    this.#hasEscape = false;
    for (let i = this.at + 1; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === QUOTE) {
        this.at = i + 1;
        return;
      }
      if (code === BACKSLASH) {
        this.#hasEscape = true;
        i = this.#escape(i);
      } else if (code < 0x20) throw new JsonError('a control character in a string must be escaped', i);
    }
    throw new JsonError('a string is not closed', this.at);
  }

  /** @returns where the escape has its last character */
  #escape(at: number): number {
    const text = this.#text;
    const kind = text.charAt(at + 1);
    if (kind !== 'u') {
      if (kind === '' || !'"\\/bfnrt'.includes(kind)) throw new JsonError(`\\${kind} is not an escape in JSON`, at);
      return at + 1;
    }
    const unit = this.#unitAt(at);
    if (unit >= 0xd800 && unit < 0xe000) {
      const next = text.startsWith('\\u', at + 6) ? this.#unitAt(at + 6) : 0;
      if (unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) return at + 11;
      this.hasLoneSurrogate = true;
    }
    return at + 5;
  }

  #unitAt(at: number): number {
    const digits = this.#text.slice(at + 2, at + 6);
    if (!/^[\da-fA-F]{4}$/.test(digits)) throw new JsonError(`\\u${digits} is not an escape in JSON`, at);
    return Number.parseInt(digits, 16);
  }

  #isWord(word: string): boolean {
    if (!this.#text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  #number(): string {
    NUMBER.lastIndex = this.at;
    const lexeme = NUMBER.exec(this.#text)?.[0];
    if (lexeme === undefined) throw this.#unexpected('a value');
    this.at += lexeme.length;
    return lexeme;
  }

  #unexpected(expected: string): JsonError {
    WORD.lastIndex = this.at;
    const found = WORD.exec(this.#text)?.[0].slice(0, 40) ?? this.#text.charAt(this.at);
    return new JsonError(`expected ${expected}, found ${found === '' ? 'the end' : JSON.stringify(found)}`, this.at);
  }
}
