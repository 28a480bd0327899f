/** What happened, and what must not have. */
export class Tally {
  readonly counts = new Map<string, number>();
  /** Each is one broken promise, in words. */
  readonly broken: string[] = [];
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void = console.log) {
    this.#log = log;
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  break(what: string): void {
    this.count('broken promises');
    const line = `${new Date().toISOString()} ${what}`;
    this.broken.push(line);
    this.#log(`BROKEN ${line}`);
  }

  /** The counts as lines of a table, those of one kind together. */
  table(): string {
    const rows = [...this.counts].sort(([a], [b]) => a.localeCompare(b));
    const width = Math.max(...rows.map(([name]) => name.length));
    return rows.map(([name, count]) => `${name.padEnd(width)}  ${count.toLocaleString('en').padStart(9)}`).join('\n');
  }
}
