import { type LocalSource, SourceError } from '../source.ts';
import { JsonError, membersOf } from './json-text.ts';
import { assertLength, type Line, linesOf } from './lines.ts';
import { textOf } from './text.ts';

/**
 * The objects of a file of JSON, each with the line on which it begins: one a line, one after the other over several lines,
 * those of an array, or those of the array that an object of a `.json` file holds (`{"version": …, "data": […]}`).
 *
 * @param tell gets the names of other arrays of objects beside the one that is read
 * @throws SourceError for what is cut off, or too long
 */
export async function* jsonRowsOf(
  source: LocalSource,
  tell: (unread: readonly string[]) => void = () => {},
): AsyncGenerator<Line[]> {
  const layout = await layoutOf(source);
  if (layout === null) return;
  if (layout.kind === 'field' && layout.unread.length > 0) tell(layout.unread);
  if (layout.kind === 'lines') {
    for await (const lines of linesOf(textOf(source), source)) {
      const rows = lines.filter(({ text }) => /[^\s]/.test(text));
      if (rows.length > 0) yield rows;
    }
    return;
  }
  const cutter = new Cutter(source, layout);
  for await (const text of textOf(source)) {
    const rows = cutter.cut(text);
    if (rows.length > 0) yield rows;
    if (cutter.isDone && layout.kind === 'field') return;
  }
  cutter.end();
}

/** Where the rows of a file are. */
type Layout =
  | { kind: 'lines' }
  | { kind: 'objects' }
  /** Characters before the array. */
  | { kind: 'array'; offset: number }
  | { kind: 'field'; offset: number; unread: string[] };

/** Names under which the rows of a file lie, in the order in which they are looked for. */
const ROW_FIELDS = ['data', 'rows', 'examples', 'records', 'items', 'samples', 'train'];

async function layoutOf(source: LocalSource): Promise<Layout | null> {
  const isDocument = /\.json(?:\.\w+)?$/i.test(source.name);
  let head = '';
  let finder: Finder | null = null;
  for await (const text of textOf(source)) {
    if (!finder) {
      head += text;
      const start = head.search(/\S/);
      if (start < 0) continue;
      if (head[start] === '[') {
        // Lines that are lists are no array of objects.
        const first = /\S/.exec(head.slice(start + 1))?.[0];
        if (first === undefined) continue;
        return first === '{' || first === ']' || isDocument ? { kind: 'array', offset: start } : { kind: 'lines' };
      }
      if (head[start] !== '{') return { kind: 'lines' };
      const end = head.indexOf('\n', start);
      if (end < 0 && head.length < 1024 * 1024) continue;
      if (isWhole(head.slice(start, end < 0 ? undefined : end)) && (!isDocument || /\S/.test(head.slice(end))))
        return { kind: 'lines' };
      if (!isDocument)
        return isCutObject(head.slice(start, end < 0 ? undefined : end)) ? { kind: 'objects' } : { kind: 'lines' };
      finder = new Finder();
      finder.see(head);
    } else finder.see(text);
    if (finder.hasMore) return { kind: 'objects' };
  }
  if (!finder) {
    if (!/\S/.test(head)) return null;
    finder = new Finder();
    finder.see(head);
    if (finder.hasMore) return { kind: 'objects' };
    if (!isDocument) return { kind: 'lines' };
  }
  return finder.layout();
}

function isWhole(text: string): boolean {
  try {
    membersOf(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a line is the beginning of an object that goes on in the next. */
function isCutObject(text: string): boolean {
  try {
    membersOf(text);
    return false;
  } catch (error) {
    return error instanceof JsonError && error.at >= text.trimEnd().length;
  }
}

/** Goes along a text of JSON by its braces, brackets and quotes, and keeps its place from one part to the next. */
abstract class Walker {
  protected depth = 0;
  protected isText = false;
  #isEscaped = false;

  /** @param each is told of each character outside of texts, and of those that begin and end one */
  protected walk(text: string, from: number, each: (code: number, at: number) => boolean): number {
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (this.isText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === 0x5c) this.#isEscaped = true;
        else if (code === 0x22) {
          this.isText = false;
          if (each(code, i)) return i;
        }
        continue;
      }
      if (code === 0x22) this.isText = true;
      else if (code === 0x7b || code === 0x5b) this.depth++;
      else if (code === 0x7d || code === 0x5d) this.depth--;
      if (each(code, i)) return i;
    }
    return text.length;
  }
}

/** Finds out whether a document is one object, and which of its fields are arrays of objects. */
class Finder extends Walker {
  hasMore = false;
  readonly #arrays: { name: string; offset: number }[] = [];
  #seen = 0;
  #isDone = false;
  #name = '';
  #part = '';
  #candidate: number | null = null;

  see(text: string): void {
    let nameStart = 0;
    this.walk(text, 0, (code, at) => {
      if (code <= 0x20) return false;
      if (this.#isDone) {
        this.hasMore = true;
        return true;
      }
      if (this.#candidate !== null) {
        if (code === 0x7b) this.#arrays.push({ name: this.#name, offset: this.#candidate });
        this.#candidate = null;
      }
      if (this.depth === 1 && code === 0x22) {
        if (this.isText) nameStart = at + 1;
        else {
          this.#name = this.#part + text.slice(nameStart, at);
          this.#part = '';
        }
      } else if (this.depth === 2 && code === 0x5b) this.#candidate = this.#seen + at;
      else if (this.depth === 0) this.#isDone = true;
      return false;
    });
    if (this.isText && this.depth === 1) this.#part += text.slice(nameStart);
    this.#seen += text.length;
  }

  layout(): Layout {
    const named = ROW_FIELDS.flatMap((name) => this.#arrays.find((array) => array.name === name) ?? []);
    const [only] = named.length > 0 ? named : this.#arrays;
    if (!only || (named.length === 0 && this.#arrays.length > 1)) return { kind: 'objects' };
    const unread = this.#arrays.filter((array) => array !== only).map(({ name }) => name);
    return { kind: 'field', offset: only.offset, unread };
  }
}

/** Cuts a text into the objects that follow each other in it, or in an array of it. */
class Cutter extends Walker {
  isDone = false;
  readonly #source: LocalSource;
  readonly #isArray: boolean;
  readonly #isField: boolean;
  #toSkip: number;
  #line = 1;
  #rowLine = 1;
  #part = '';
  #isInside: boolean;
  #isRow = false;
  #wantsComma = false;

  constructor(source: LocalSource, layout: Exclude<Layout, { kind: 'lines' }>) {
    super();
    this.#source = source;
    this.#isArray = layout.kind !== 'objects';
    this.#isField = layout.kind === 'field';
    this.#isInside = !this.#isArray;
    this.#toSkip = layout.kind === 'objects' ? 0 : layout.offset;
  }

  cut(text: string): Line[] {
    const rows: Line[] = [];
    const skipped = Math.min(this.#toSkip, text.length);
    this.#toSkip -= skipped;
    let counted = 0;
    const lineAt = (at: number) => {
      for (let i = text.indexOf('\n', counted); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) this.#line++;
      counted = Math.max(counted, at);
      return this.#line;
    };
    const rowDepth = this.#isArray ? 2 : 1;
    let start = 0;
    this.walk(text, skipped, (code, at) => {
      if (code <= 0x20) return false;
      if (this.isDone) this.#refuse(lineAt(at), 'there is more after the end of the array');
      if (!this.#isInside) {
        this.#isInside = true;
        return false;
      }
      if (this.#isRow) {
        if (this.depth >= rowDepth || this.isText) return false;
        this.#isRow = false;
        rows.push({ text: this.#part + text.slice(start, at + 1), number: this.#rowLine });
        this.#part = '';
        this.#wantsComma = this.#isArray;
        return false;
      }
      if (this.#isArray && code === 0x5d && this.depth === 0) {
        this.isDone = true;
        // What follows in the object around it is not looked at.
        return this.#isField;
      }
      if (this.#wantsComma && code === 0x2c) {
        this.#wantsComma = false;
        return false;
      }
      if (code !== 0x7b || this.#wantsComma) {
        const found = JSON.stringify(text.slice(at, at + 20).split(/[\s,]/)[0]);
        this.#refuse(
          lineAt(at),
          `expected ${this.#wantsComma ? '"," or "]"' : 'an object: {"name": value, …}'}, found ${found}`,
        );
      }
      this.#isRow = true;
      this.#rowLine = lineAt(at);
      start = at;
      return false;
    });
    lineAt(text.length);
    if (this.#isRow) this.#part += text.slice(start);
    assertLength(this.#source.name, this.#part.length, this.#rowLine);
    for (const row of rows) assertLength(this.#source.name, row.text.length, row.number);
    return rows;
  }

  end(): void {
    if (this.#isRow) this.#refuse(this.#rowLine, 'the file ends within the row that begins here');
    if (this.#isArray && !this.isDone) this.#refuse(this.#line, 'the file ends within the array');
  }

  #refuse(line: number, message: string): never {
    throw new SourceError(`${this.#source.name}, line ${line}: ${message}.`);
  }
}
