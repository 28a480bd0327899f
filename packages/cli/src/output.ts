let isJson = false;

export const setJson = (value: boolean): void => {
  isJson = value;
};

/** An answer: as JSON where that was asked for, else as people read it. */
export function print(value: unknown, text: () => string, stream: NodeJS.WriteStream = process.stdout): void {
  stream.write(`${isJson ? JSON.stringify(value, null, 2) : text()}\n`);
}

/** Something to be said while the work goes on, out of the way of the answer. */
export function say(text: string): void {
  if (!isJson || process.stderr.isTTY) process.stderr.write(`${text}\n`);
}

/** Whether a bar can be drawn. */
export const hasTerminal = (): boolean => process.stderr.isTTY === true;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(count: number): string {
  const power = count < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** Columns as wide as they need to be; control characters of names do nothing to the terminal. */
export function table(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map((cell) => cell.replace(/\p{Cc}/gu, '�')));
  const widths = clean.reduce<number[]>((max, row) => row.map((cell, i) => Math.max(max[i] ?? 0, cell.length)), []);
  return clean
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
