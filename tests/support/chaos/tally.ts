/** What happened, and what must not have. */
export class Tally {
  readonly counts = new Map<string, number>();
  /** Each is one broken promise, in words. */
  readonly broken: string[] = [];

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  break(what: string): void {
    this.count('broken promises');
    this.broken.push(`${new Date().toISOString()} ${what}`);
  }

  /** The counts as lines of a table, those of one kind together. */
  table(): string {
    const rows = [...this.counts].sort(([a], [b]) => a.localeCompare(b));
    const width = Math.max(...rows.map(([name]) => name.length));
    return rows.map(([name, count]) => `${name.padEnd(width)}  ${count.toLocaleString('en').padStart(9)}`).join('\n');
  }
}
