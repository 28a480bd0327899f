import { quoteName } from '../sql.ts';

/** What values came in one place of many rows. */
export interface Shape {
  nulls: number;
  booleans: number;
  strings: number;
  integers: number;
  floats: number;
  lists: number;
  objects: number;
  hasNegative: boolean;
  /** The widest integer: within 2^53, within 64 bits with or without a sign, within 38 digits, or beyond. */
  width: Width;
  /** Doubles do not hold it. */
  isBeyondDouble: boolean;
  item: Shape | null;
  fields: Map<string, Field>;
  /** Objects that no columns can be made of: a name comes twice in one, or there are too many names. */
  isIrregular: boolean;
  /** How many names are told apart. */
  mostFields: number;
}

interface Field {
  shape: Shape;
  /** The last object in which it came. */
  last: number;
  count: number;
}

type Width = 0 | 1 | 2 | 3 | 4;

/** Objects with more names than this are dictionaries. */
const MOST_FIELDS = 1000;
/** Of so many names on, objects are dictionaries when each has but a few of them. */
const DICTIONARY_FIELDS = 50;
const DICTIONARY_SHARE = 0.2;

export const shapeOf = (mostFields = MOST_FIELDS): Shape => ({
  nulls: 0,
  booleans: 0,
  strings: 0,
  integers: 0,
  floats: 0,
  lists: 0,
  objects: 0,
  hasNegative: false,
  width: 0,
  isBeyondDouble: false,
  item: null,
  fields: new Map(),
  isIrregular: false,
  mostFields,
});

/** The shape of the items of lists. */
export function itemOf(shape: Shape): Shape {
  shape.item ??= shapeOf();
  return shape.item;
}

export function sawInteger(shape: Shape, digits: string): void {
  shape.integers++;
  const isNegative = digits.startsWith('-');
  if (isNegative) shape.hasNegative = true;
  if (digits.length < 16) return;
  shape.width = Math.max(shape.width, widthOf(digits)) as Width;
}

function widthOf(digits: string): Width {
  if (digits.length > 40) return 4;
  const value = BigInt(digits);
  const size = value < 0n ? -value : value;
  if (size <= 2n ** 53n) return 0;
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return 1;
  if (value >= 0n && value < 2n ** 64n) return 2;
  return size < 10n ** 38n ? 3 : 4;
}

export function sawFloat(shape: Shape, lexeme: string): void {
  shape.floats++;
  if (/^-?\d/.test(lexeme) && !Number.isFinite(Number(lexeme))) shape.isBeyondDouble = true;
}

/** The shape of a field of an object, which is the so many-th of its shape; null where fields are not told apart any more. */
export function sawField(shape: Shape, name: string, serial: number): Shape | null {
  const known = shape.fields.get(name);
  if (known) {
    if (known.last === serial) shape.isIrregular = true;
    else known.count++;
    known.last = serial;
    return known.shape;
  }
  if (shape.fields.size >= shape.mostFields) {
    shape.isIrregular = true;
    return null;
  }
  const field = { shape: shapeOf(), last: serial, count: 1 };
  shape.fields.set(name, field);
  return field.shape;
}

/**
 * The type of the engine that holds every value of a shape as it is; null where there is none: texts beside numbers, objects
 * whose names differ by case or are empty, dictionaries, numbers that no type holds.
 */
export function sqlTypeOf(shape: Shape): string | null {
  const kinds = [
    shape.booleans > 0,
    shape.strings > 0,
    shape.integers + shape.floats > 0,
    shape.lists > 0,
    shape.objects > 0,
  ].filter(Boolean).length;
  if (kinds > 1) return null;
  if (shape.booleans > 0) return 'BOOLEAN';
  if (shape.integers + shape.floats > 0) return numberTypeOf(shape);
  if (shape.lists > 0) {
    const item = sqlTypeOf(shape.item ?? shapeOf());
    return item && `${item}[]`;
  }
  return shape.objects > 0 ? structTypeOf(shape) : 'VARCHAR';
}

function numberTypeOf({ floats, width, hasNegative, isBeyondDouble }: Shape): string | null {
  if (floats > 0) return width > 0 || isBeyondDouble ? null : 'DOUBLE';
  if (width <= 1) return 'BIGINT';
  if (width === 2 && !hasNegative) return 'UBIGINT';
  return width <= 3 ? 'DECIMAL(38,0)' : null;
}

function structTypeOf({ fields, objects, isIrregular }: Shape): string | null {
  if (isIrregular || fields.size === 0 || isDictionary([...fields.values()], objects)) return null;
  const names = new Set<string>();
  const parts: string[] = [];
  for (const [name, { shape }] of fields) {
    const type = sqlTypeOf(shape);
    const key = name.toLowerCase();
    if (type === null || names.has(key) || name === '' || name === '__proto__' || name.includes('\0')) return null;
    names.add(key);
    parts.push(`${quoteName(name)} ${type}`);
  }
  return `STRUCT(${parts.join(', ')})`;
}

function isDictionary(fields: readonly Field[], objects: number): boolean {
  if (fields.length <= DICTIONARY_FIELDS) return false;
  return fields.reduce((sum, { count }) => sum + count, 0) < DICTIONARY_SHARE * fields.length * objects;
}
