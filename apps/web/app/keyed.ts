/**
 * Items that may be equal, each with a key of its own: what it is called, and the how-manieth of that name it is. A list that
 * grows at its end, or changes elsewhere, keeps the keys of the others.
 */
export function keyed<T>(items: readonly T[], nameOf: (item: T) => string): { key: string; item: T }[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    const name = nameOf(item);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return { key: `${count} ${name}`, item };
  });
}
