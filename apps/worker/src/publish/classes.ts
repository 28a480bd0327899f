import type { ClassDefinition } from '@granary/formats';
import type { Reading } from '../import/read.ts';
import type { DatasetSession } from '../session.ts';

/**
 * What was read, with the classes in the order that the dataset has them, and with those that no annotation has: a format that
 * knows classes only from its annotations neither moves nor forgets any.
 */
export async function inOrder(
  { sql }: DatasetSession,
  reading: Reading,
  wanted: readonly ClassDefinition[],
): Promise<Reading> {
  const classes = wanted.map(({ name, source }) => {
    const read = reading.classes.find((definition) => definition.name === name);
    return { name, source: read?.source ?? source };
  });
  const places = reading.classes.map(({ name, source }, index) => {
    // Two classes may have one name.
    if (wanted[index]?.name === name) return index;
    const known = classes.findIndex((definition) => definition.name === name);
    return known >= 0 ? known : classes.push({ name, source }) - 1;
  });
  const moved = places.flatMap((to, from) => (to === from ? [] : [{ from, to }]));
  if (moved.length > 0) {
    await sql`update read_annotations a set class_index = m."to"
      from unnest(${moved.map(({ from }) => from)}::int[], ${moved.map(({ to }) => to)}::int[]) m("from", "to") where a.class_index = m."from"`;
  }
  return { ...reading, classes };
}
