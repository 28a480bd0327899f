/** What the values of a CSV column have been so far. */
export interface CsvColumn {
  isInteger: boolean;
  isFloat: boolean;
  isBoolean: boolean;
  /** The one number of decimals that all have; -1 where they differ. */
  decimals: number | null;
  /** The most digits of one. */
  digits: number;
  /** Whether a decimal number ends in zeros, which a double would drop. */
  hasTrailingZeros: boolean;
  least: bigint;
  most: bigint;
  hasNumber: boolean;
  hasNonFinite: boolean;
  /** A double has it, a decimal number has not. */
  hasNegativeZero: boolean;
  hasNegative: boolean;
  booleans: Set<string>;
}

export const csvColumn = (): CsvColumn => ({
  isInteger: true,
  isFloat: true,
  isBoolean: true,
  decimals: null,
  digits: 0,
  hasTrailingZeros: false,
  least: 0n,
  most: 0n,
  hasNumber: false,
  hasNonFinite: false,
  hasNegativeZero: false,
  hasNegative: false,
  booleans: new Set(),
});

const INTEGER = /^(?:0|-?[1-9]\d*)$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)\.\d+$/;
/** As programs write floats: the exponent has a sign. `1e5` is rather a code. */
const FLOAT = /^-?\d(?:\.\d+)?e[+-]\d+$/;
const BOOLEANS = new Set(['true', 'false', 'True', 'False']);
const NON_FINITE = new Set(['NaN', 'Infinity', '-Infinity']);

/** Learns a value. What a type would not give back as it is written is a text, and so are all values of its column. */
export function sawCell(column: CsvColumn, cell: string): void {
  if (column.isBoolean) {
    if (BOOLEANS.has(cell)) column.booleans.add(cell);
    else column.isBoolean = false;
  }
  if (!column.isFloat && !column.isInteger) return;
  if (INTEGER.test(cell)) {
    column.hasNumber = true;
    sawInteger(column, cell);
    return;
  }
  column.isInteger = false;
  if (NON_FINITE.has(cell)) column.hasNonFinite = true;
  else if (DECIMAL.test(cell)) sawDecimal(column, cell);
  else if (FLOAT.test(cell) && isExact(cell)) {
    column.hasNumber = true;
    column.decimals = -1;
  } else column.isFloat = false;
}

function sawInteger(column: CsvColumn, cell: string): void {
  column.digits = Math.max(column.digits, cell.length);
  if (cell.startsWith('-')) column.hasNegative = true;
  column.decimals = column.decimals === null || column.decimals === 0 ? 0 : -1;
  if (cell.length < 16) return;
  if (cell.length > 20) {
    column.isInteger = false;
    column.isFloat = false;
    return;
  }
  const value = BigInt(cell);
  if (value < column.least) column.least = value;
  if (value > column.most) column.most = value;
}

function sawDecimal(column: CsvColumn, cell: string): void {
  column.hasNumber = true;
  const decimals = cell.length - cell.indexOf('.') - 1;
  column.decimals = column.decimals === null || column.decimals === decimals ? decimals : -1;
  column.digits = Math.max(column.digits, cell.length);
  if (/^-0\.0+$/.test(cell)) column.hasNegativeZero = true;
  if ((cell.endsWith('0') && decimals > 1) || !isExact(cell)) column.hasTrailingZeros = true;
}

/** Whether a double has the digits of a number. */
function isExact(cell: string): boolean {
  const digits = (text: string) =>
    text
      .replace(/e.*$/, '')
      .replace(/[-.]/g, '')
      .replace(/^0+|0+$/g, '');
  const significant = digits(cell);
  return (significant.length <= 15 && !cell.includes('e')) || digits(String(Number(cell))) === significant;
}

const INT64: [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n];

/** The type of the engine that gives every value of a column back as it is written. */
export function csvTypeOf(column: CsvColumn): string {
  const { booleans, least, most } = column;
  if (column.isBoolean && booleans.size > 0) {
    const isPython = booleans.has('True') || booleans.has('False');
    return isPython && (booleans.has('true') || booleans.has('false')) ? 'VARCHAR' : 'BOOLEAN';
  }
  if (!column.hasNumber) return 'VARCHAR';
  if (column.isInteger) {
    if (least >= INT64[0] && most <= INT64[1]) return 'BIGINT';
    return least >= 0n && !column.hasNegative && most < 2n ** 64n ? 'UBIGINT' : 'VARCHAR';
  }
  if (!column.isFloat) return 'VARCHAR';
  if (!column.hasTrailingZeros) return most > 2n ** 53n || least < -(2n ** 53n) ? 'VARCHAR' : 'DOUBLE';
  const { decimals, digits } = column;
  return decimals !== null && decimals > 0 && digits <= 37 && !column.hasNonFinite && !column.hasNegativeZero
    ? `DECIMAL(${digits <= 17 ? 18 : 38},${decimals})`
    : 'VARCHAR';
}
