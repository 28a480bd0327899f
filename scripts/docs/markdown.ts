/** A table of Markdown; a pipe in a cell stays a pipe. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;

/** Says where a page comes from, to whoever opens its source. */
export const MADE = '<!-- Made by `npm run docs` from the code. Change the code, not this page. -->';
