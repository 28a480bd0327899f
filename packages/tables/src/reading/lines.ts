import { LONGEST_ROW, type LocalSource, SourceError } from '../source.ts';

export interface Line {
  text: string;
  /** From 1. */
  number: number;
}

/** The lines of a text, without what ends them, as many at a time as come together. @throws SourceError for one that is too long */
export async function* linesOf(texts: AsyncIterable<string>, { name }: LocalSource): AsyncGenerator<Line[]> {
  let rest = '';
  let number = 1;
  for await (const text of texts) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = rest + text.slice(start, end);
      rest = '';
      lines.push({ text: line.endsWith('\r') ? line.slice(0, -1) : line, number: number++ });
      start = end + 1;
    }
    rest += text.slice(start);
    for (const line of lines) assertLength(name, line.text.length, line.number);
    assertLength(name, rest.length, number);
    if (lines.length > 0) yield lines;
  }
  if (rest !== '') yield [{ text: rest, number }];
}

/** @throws SourceError */
export function assertLength(name: string, length: number, line: number): void {
  if (length > LONGEST_ROW) {
    throw new SourceError(
      `${name}, line ${line}: a row can have at most ${LONGEST_ROW / 1024 / 1024} MB, and this one has more.`,
    );
  }
}
