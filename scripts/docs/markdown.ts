/** A table of Markdown with aligned columns, as the formatter leaves it; a pipe in a cell stays a pipe. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;

/** Says where a page comes from, to whoever opens its source. */
export const MADE = '<!-- Made by `npm run docs` from the code. Change the code, not this page. -->';
