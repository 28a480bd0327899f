import {
  type Comparison,
  FIELDS,
  type FieldKind,
  type FieldName,
  type Query,
  type QueryMistake,
  QuerySyntaxError,
  type Term,
} from './query.ts';

export const MOST_CHARACTERS = 2000;
const MOST_TERMS = 60;
const MOST_DEPTH = 12;

const NUMBER = /^-?\d+(?:\.\d+)?$/;
const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/**
 * Reads a query about images: terms are joined by AND, `OR` and parentheses work, `-` negates, quotes hold blanks.
 *
 * @returns null for an empty one, which every image answers
 * @throws QuerySyntaxError
 */
export function parseQuery(text: string): Query | null {
  if (text.length > MOST_CHARACTERS)
    throw new QuerySyntaxError('too_long', { from: MOST_CHARACTERS, to: text.length }, { most: MOST_CHARACTERS });
  const parser = new Parser(text);
  return parser.query();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #terms = 0;

  constructor(text: string) {
    this.#text = text;
  }

  query(): Query | null {
    this.#skipBlanks();
    if (this.#isAtEnd) return null;
    const query = this.#or(0);
    if (!this.#isAtEnd) this.#fail('never_opened', this.#at, this.#at + 1);
    return query;
  }

  #or(depth: number): Query {
    if (depth > MOST_DEPTH) this.#fail('too_deep', this.#at, this.#at + 1, { most: MOST_DEPTH });
    const parts = [this.#and(depth)];
    while (this.#word('OR')) parts.push(this.#and(depth));
    const [first, ...others] = parts;
    return first && others.length === 0 ? first : { kind: 'or', parts };
  }

  #and(depth: number): Query {
    const parts: Query[] = [];
    while (!this.#isAtEnd && this.#text[this.#at] !== ')' && !this.#isWord('OR')) {
      if (this.#word('AND')) continue;
      parts.push(this.#part(depth));
      this.#skipBlanks();
    }
    const [first, ...others] = parts;
    if (!first) this.#fail('term_missing', this.#at, this.#at);
    return others.length === 0 ? first : { kind: 'and', parts };
  }

  #part(depth: number): Query {
    const start = this.#at;
    if (this.#text[this.#at] === '-') {
      this.#at++;
      if (/^(?:$|[\s)-])/.test(this.#text.slice(this.#at))) this.#fail('nothing_negated', start, this.#at);
      return { kind: 'not', part: this.#part(depth) };
    }
    if (this.#text[this.#at] !== '(') return this.#term(depth);
    this.#at++;
    this.#skipBlanks();
    const inside = this.#or(depth + 1);
    if (this.#text[this.#at] !== ')') this.#fail('never_closed', start, start + 1);
    this.#at++;
    return inside;
  }

  #term(depth: number): Term {
    const from = this.#at;
    if (++this.#terms > MOST_TERMS) this.#fail('too_many_terms', from, this.#text.length, { most: MOST_TERMS });
    const named = /^([A-Za-z_]+)(:|<=|>=|=|<|>)/.exec(this.#text.slice(from));
    const [, name = '', is = ''] = named ?? [];
    if (!named) return { kind: 'term', field: 'word', is: ':', value: this.#value(depth, false), from, to: this.#at };
    const field = name.toLowerCase();
    if (!isField(field)) {
      const choices = Object.keys(FIELDS).join(', ');
      this.#fail('no_field', from, from + name.length, { name, choices });
    }
    this.#at += named[0].length;
    return this.#valued(field, is as Comparison, from, depth);
  }

  #valued(field: FieldName, is: Comparison, from: number, depth: number): Term {
    const kind: FieldKind = FIELDS[field];
    const start = this.#at;
    const counts = kind.kind === 'text' && kind.counts === true;
    const value = this.#value(depth, counts);
    const [at, to] = [start, this.#at];
    if (value === '') this.#fail('value_missing', from, to, { field });
    if (kind.kind !== 'number' && kind.kind !== 'bytes' && kind.kind !== 'day' && is !== ':' && is !== '=')
      this.#fail('not_compared', from, to, { field, value });
    const term = { kind: 'term', field, is, value: this.#read(field, kind, value, at, to), from } as const;
    const count = counts ? this.#count() : undefined;
    return { ...term, ...(count ? { count } : {}), to: this.#at };
  }

  #read(field: FieldName, kind: FieldKind, value: string, from: number, to: number): string | number {
    switch (kind.kind) {
      case 'text':
        return value;
      case 'choice': {
        const choice = value.toLowerCase();
        if (!kind.choices.includes(choice))
          this.#fail('not_a_choice', from, to, { field, choices: kind.choices.join(', ') });
        return choice;
      }
      case 'number': {
        const isPercent = kind.percent === true && value.endsWith('%');
        const digits = isPercent ? value.slice(0, -1) : value;
        if (!NUMBER.test(digits)) this.#fail('not_a_number', from, to, { value });
        return isPercent ? Number(digits) / 100 : Number(digits);
      }
      case 'bytes': {
        const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? [];
        const factor = UNITS[unit.toLowerCase()];
        if (digits === '' || factor === undefined) this.#fail('not_a_size', from, to, { value });
        return Number(digits) * factor;
      }
      case 'day': {
        const day = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : null;
        if (day === null || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== value)
          this.#fail('not_a_day', from, to, { value });
        return value;
      }
    }
  }

  #count(): Term['count'] {
    const start = this.#at;
    const [written, is = ''] = /^(<=|>=|=|<|>)/.exec(this.#text.slice(start)) ?? [];
    if (written === undefined) return undefined;
    this.#at += written.length;
    const digits = /^\d+/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += digits.length;
    if (digits === '' || digits.length > 9) this.#fail('count_missing', start, this.#at);
    return { is: is as Comparison, value: Number(digits) };
  }

  /** A quoted text, or what comes before a blank, a closing parenthesis of the query's own, or where `counted` a comparison. */
  #value(depth: number, counted: boolean): string {
    const start = this.#at;
    if (this.#text[start] === '"') return this.#quoted();
    while (!this.#isAtEnd) {
      const character = this.#text[this.#at] ?? '';
      if (/\s/.test(character) || (character === ')' && depth > 0) || (counted && /[<>=]/.test(character))) break;
      this.#at++;
    }
    return this.#text.slice(start, this.#at);
  }

  #quoted(): string {
    const start = this.#at;
    let value = '';
    for (this.#at++; !this.#isAtEnd; this.#at++) {
      const character = this.#text[this.#at] ?? '';
      if (character === '"') {
        this.#at++;
        return value;
      }
      if (character === '\\') this.#at++;
      value += character === '\\' ? (this.#text[this.#at] ?? '') : character;
    }
    return this.#fail('quote_never_closed', start, start + 1);
  }

  #isWord(word: string): boolean {
    const rest = this.#text.slice(this.#at);
    return rest.startsWith(word) && /^(?:$|[\s()])/.test(rest.slice(word.length));
  }

  #word(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#at += word.length;
    this.#skipBlanks();
    return true;
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #fail(mistake: QueryMistake, from: number, to: number, values: Record<string, string | number> = {}): never {
    throw new QuerySyntaxError(mistake, { from, to }, values);
  }
}

const isField = (name: string): name is FieldName => Object.hasOwn(FIELDS, name);
