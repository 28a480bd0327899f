import { type Content, contentOfLabel, isSame, type Label } from './label';

/** An annotation as the server has it. */
export type Stored = Content & { readonly id: number };

/** A label that two people changed in ways that cannot both be: both are kept until someone chooses. */
export interface Conflict {
  /** The key of what the other one made of it. */
  readonly theirs: string;
  /** The key of what was made of it here. */
  readonly mine: string;
}

export interface Merged {
  readonly labels: readonly Label[];
  readonly ids: ReadonlyMap<string, number>;
  readonly conflicts: readonly Conflict[];
}

/** What was read from the server, what it has become here, and what the server has by now. */
export interface Sides {
  readonly base: readonly Stored[];
  readonly mine: readonly Label[];
  /** By key, the ids of the labels that the server knows. */
  readonly ids: ReadonlyMap<string, number>;
  readonly theirs: readonly Stored[];
  /** New labels that were sent without an answer: the server may have stored them. */
  readonly sent?: readonly Label[];
}

/**
 * Both people's edits, label by label: what one of them alone changed, added or removed is so; of a label that both
 * changed, each member is the changed one. Where both changed the same member, or one removed what the other changed, nothing
 * is lost: theirs stays as it is, and mine stands beside it as a new one.
 */
export function merged({ base, mine, ids, theirs, sent = [] }: Sides, newKey: () => string): Merged {
  const before = new Map(base.map((stored) => [stored.id, stored]));
  const now = new Map(theirs.map((stored) => [stored.id, stored]));
  const adopted = adoptedOf(
    sent,
    theirs.filter(({ id }) => !before.has(id)),
  );
  const mergedIds = new Map<string, number>();
  const labels: Label[] = [];
  const conflicts: Conflict[] = [];
  const seen = new Set<number>();
  const keep = (label: Label, id?: number) => {
    labels.push(label);
    if (id !== undefined) mergedIds.set(label.key, id);
  };
  for (const label of mine) {
    const id = adopted.get(label.key)?.id ?? ids.get(label.key);
    const was = id === undefined ? undefined : (adopted.get(label.key) ?? before.get(id));
    if (id === undefined || !was) {
      keep(label);
      continue;
    }
    seen.add(id);
    const other = now.get(id);
    const isChangedHere = !isSame(contentOfLabel(label), contentOfStored(was));
    if (!other) {
      // Removed there: gone, unless it was changed here.
      if (isChangedHere) keep(label);
      continue;
    }
    if (!isChangedHere) {
      keep({ ...contentOfStored(other), key: label.key }, id);
      continue;
    }
    const both = bothChanges(contentOfStored(was), contentOfLabel(label), contentOfStored(other));
    if (both) {
      keep({ ...both, key: label.key }, id);
      continue;
    }
    const copy = newKey();
    keep({ ...contentOfStored(other), key: label.key }, id);
    keep({ ...label, key: copy });
    conflicts.push({ theirs: label.key, mine: copy });
  }
  // What was removed here is gone, unless it was changed there; what was added there comes.
  for (const stored of theirs) {
    if (seen.has(stored.id)) continue;
    const was = before.get(stored.id);
    const wasSent = [...adopted.values()].some(({ id }) => id === stored.id);
    if (wasSent || (was && isSame(contentOfStored(was), contentOfStored(stored)))) continue;
    keep({ ...contentOfStored(stored), key: newKey() }, stored.id);
  }
  return { labels, ids: mergedIds, conflicts };
}

/** What was sent and is stored now, by key: each stored annotation is of one of them. */
export function adoptedOf(sent: readonly Label[], stored: readonly Stored[]): Map<string, Stored> {
  const free = new Set(stored);
  const found = new Map<string, Stored>();
  for (const label of sent) {
    const content = contentOfLabel(label);
    for (const candidate of free) {
      if (!isSame(contentOfStored(candidate), content)) continue;
      found.set(label.key, candidate);
      free.delete(candidate);
      break;
    }
  }
  return found;
}

function contentOfStored({ id: _, ...content }: Stored): Content {
  return content;
}

/** Both changes in one; null where they change the same. */
function bothChanges(was: Content, mine: Content, theirs: Content): Content | null {
  const shapeOf = ({ type, geometry }: Content) => ({ type, geometry });
  const isMyShape = !isSame(shapeOf(mine), shapeOf(was));
  const isTheirShape = !isSame(shapeOf(theirs), shapeOf(was));
  if (isMyShape && isTheirShape && !isSame(shapeOf(mine), shapeOf(theirs))) return null;
  const className = changedOf(was.className, mine.className, theirs.className);
  const names = new Set([
    ...Object.keys(was.attributes),
    ...Object.keys(mine.attributes),
    ...Object.keys(theirs.attributes),
  ]);
  const attributes: Record<string, unknown> = {};
  for (const name of names) {
    const change = changedOf(was.attributes[name], mine.attributes[name], theirs.attributes[name]);
    if (!change) return null;
    if (change.value !== undefined) attributes[name] = change.value;
  }
  if (!className) return null;
  return { ...(isMyShape ? mine : theirs), className: className.value, attributes };
}

function changedOf<T>(was: T, mine: T, theirs: T): { value: T } | null {
  if (isSame(mine, was)) return { value: theirs };
  if (isSame(theirs, was) || isSame(mine, theirs)) return { value: mine };
  return null;
}
