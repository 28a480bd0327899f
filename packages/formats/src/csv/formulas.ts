import Papa from 'papaparse';

/** What spreadsheets take for a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^'*[=+\-@\t\r]/;
const GUARDED = /^'+[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Rows as lines of CSV which no spreadsheet runs: a text that looks like a formula gets an apostrophe in front, which the
 * reader takes away.
 */
export const csvLines = (rows: readonly (readonly string[])[]): string =>
  `${Papa.unparse(
    rows.map((row) => row.map((text) => (FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text))),
    { newline: '\n' },
  )}\n`;

/** A text of a cell as it was before `csvLines`. */
export const unguarded = (text: string): string => (GUARDED.test(text) ? text.slice(1) : text);
