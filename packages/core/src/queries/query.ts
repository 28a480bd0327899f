import { ANNOTATION_STATES } from '@granary/db';

/** How a value is compared; `:` is what the field means by "is". */
export type Comparison = ':' | '=' | '<' | '<=' | '>' | '>=';

/** What the value of a field is read as, and what it may be. */
export type FieldKind =
  | { kind: 'text'; counts?: true }
  | { kind: 'choice'; choices: readonly string[] }
  | { kind: 'number'; percent?: true }
  | { kind: 'bytes' }
  | { kind: 'day' };

const YES_NO = { kind: 'choice', choices: ['yes', 'no'] } as const;

/** The fields that images are asked for by. */
export const FIELDS = {
  path: { kind: 'text' },
  class: { kind: 'text', counts: true },
  split: { kind: 'text' },
  type: {
    kind: 'choice',
    choices: ['bbox', 'polygon', 'rle', 'keypoints', 'obb', 'classification', 'caption'],
  },
  labeled: YES_NO,
  empty: YES_NO,
  state: { kind: 'choice', choices: ANNOTATION_STATES },
  issue: { kind: 'text' },
  duplicate: YES_NO,
  area: { kind: 'number', percent: true },
  score: { kind: 'number', percent: true },
  width: { kind: 'number' },
  height: { kind: 'number' },
  size: { kind: 'bytes' },
  by: { kind: 'text' },
  model: { kind: 'text' },
  changed: { kind: 'day' },
} as const satisfies Record<string, FieldKind>;
export type FieldName = keyof typeof FIELDS;

/** Part of a query, from one character to before another. */
export interface Span {
  from: number;
  to: number;
}

/** One statement about an image. A bare word is one about `word`: it stands anywhere in the path. */
export interface Term extends Span {
  kind: 'term';
  field: FieldName | 'word';
  is: Comparison;
  /** A number of the field's own unit (bytes, shares of 1), a day as `2026-11-27`, or a text. */
  value: string | number;
  /** How many annotations there are to be: `class:car>=3`. */
  count?: { is: Comparison; value: number };
}

export type Query =
  | Term
  | { kind: 'not'; part: Query }
  | { kind: 'and'; parts: readonly Query[] }
  | { kind: 'or'; parts: readonly Query[] };

/** A term that nobody has written; none where there is no value. */
export const term = (field: Term['field'], value: string | undefined): Term[] =>
  value === undefined ? [] : [{ kind: 'term', field, is: ':', value, from: 0, to: 0 }];

/** What can be wrong with a query; words in braces stand for the error's values. */
export const QUERY_MISTAKES = {
  too_long: 'A query has at most {most} characters.',
  too_many_terms: 'A query has at most {most} terms.',
  too_deep: 'Parentheses nest at most {most} deep.',
  never_opened: 'This parenthesis was never opened.',
  never_closed: 'This parenthesis is never closed.',
  quote_never_closed: 'This quote is never closed.',
  term_missing: 'A term is missing here.',
  nothing_negated: 'A term is missing after the minus.',
  no_field: 'There is no field “{name}”. Put it in quotes to look for it in paths, or use one of: {choices}.',
  value_missing: '“{field}” needs a value.',
  not_compared: '“{field}” has no order: write {field}:{value}.',
  not_a_choice: '“{field}” is one of: {choices}.',
  not_a_number: '“{value}” is not a number.',
  not_a_size: '“{value}” is not a size, as 1.5MB is.',
  not_a_day: '“{value}” is not a day, as 2026-11-27 is.',
  count_missing: 'A number of annotations is missing here.',
} as const;
export type QueryMistake = keyof typeof QUERY_MISTAKES;

/** `message` says in English what is wrong with the characters of `at`. */
export class QuerySyntaxError extends Error {
  override name = 'QuerySyntaxError';
  readonly mistake: QueryMistake;
  readonly at: Span;
  readonly values: Readonly<Record<string, string | number>>;

  constructor(mistake: QueryMistake, at: Span, values: Readonly<Record<string, string | number>> = {}) {
    super(QUERY_MISTAKES[mistake].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? '')));
    this.mistake = mistake;
    this.at = at;
    this.values = values;
  }
}
