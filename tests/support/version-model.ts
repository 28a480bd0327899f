import fc from 'fast-check';
import { contentHashOf, sha256 } from './archives.ts';
import type { Said } from './versions.ts';

/**
 * What a dataset is, as plainly as can be: its files by path, and beside them what classes of the files are called here, each
 * under a name that no file has. Everything else follows from them.
 */
export type Tree = ReadonlyMap<string, Buffer>;

export type Step =
  | { do: 'add'; image: number; boxes: number }
  | { do: 'relabel'; image: number; boxes: number; isLabelsOnly: boolean }
  | { do: 'rename'; to: number }
  | { do: 'map'; image: number; boxes: number; from: string; to: string }
  | { do: 'remove'; image: number }
  | { do: 'version' }
  | { do: 'undo'; which: number }
  | { do: 'rollback'; which: number }
  | { do: 'compact' };

const image = fc.nat(5);
const boxes = fc.nat(3);
const which = fc.nat(20);
/** `own` takes a mapping back. */
const mapped = fc.constantFrom('bee', 'insect', 'own');
export const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), image, boxes }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('relabel' as const), image, boxes, isLabelsOnly: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), to: fc.nat(2) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('map' as const),
        image,
        boxes,
        from: fc.constantFrom('ant', 'wasp'),
        to: mapped,
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), image }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('version' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('undo' as const), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('rollback' as const), which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
  ),
  { minLength: 8, maxLength: 12 },
);

export const imagePath = (number: number) => `images/${number % 2 === 0 ? 'train' : 'val'}/${number}.png`;
export const labelPath = (number: number) => `labels/${number % 2 === 0 ? 'train' : 'val'}/${number}.txt`;

/** A label file with some boxes; each number of them says something else. */
export const labelOf = (boxes: number): Buffer =>
  Buffer.from(
    Array.from({ length: boxes }, (_, i) => `${i % 2} 0.5 0.5 ${(0.2 + 0.1 * i).toFixed(1)} 0.25\n`).join(''),
  );

export const namesOf = (number: number): Buffer =>
  Buffer.from(`names: [${['ant', 'wasp', 'moth'][number % 3]}, bee]\n`);

const MAPPING = '\0class ';

/** What a tree is once a class of the files has another name here, or its own again. */
export function mapping(tree: Tree, from: string, to: string): Tree {
  const mapped = new Map(tree);
  if (from === to) mapped.delete(MAPPING + from);
  else mapped.set(MAPPING + from, Buffer.from(to));
  return mapped;
}

/** The files of a tree. */
export const filesOf = (tree: Tree): [string, Buffer][] => [...tree].filter(([path]) => !path.startsWith(MAPPING));

/** What an import of these files makes of a tree; equal files change nothing. */
export const withFiles = (tree: Tree, files: Tree): Tree => new Map([...tree, ...files]);

export const withoutFiles = (tree: Tree, paths: readonly string[]): Tree =>
  new Map([...tree].filter(([path]) => !paths.includes(path)));

const isSame = (one: Buffer | undefined, other: Buffer | undefined) =>
  one === undefined || other === undefined ? one === other : one.equals(other);

const changedBetween = (before: Tree, after: Tree): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => !isSame(before.get(path), after.get(path)));

/** The tree of the newest revision without what one of them did, and the paths that a later one changed, too. */
export function undone(trees: readonly Tree[], revision: number): { tree: Tree; conflicts: string[] } {
  const [before, after, now] = [trees[revision - 1], trees[revision], trees.at(-1)];
  if (!before || !after || !now) throw new RangeError(`There is no revision ${revision}`);
  const later = new Set(
    trees.slice(revision).flatMap((tree, i, all) => (i === 0 ? [] : changedBetween(all[i - 1] ?? tree, tree))),
  );
  const paths = changedBetween(before, after);
  const tree = new Map(now);
  for (const path of paths.filter((path) => !later.has(path))) {
    const content = before.get(path);
    if (content) tree.set(path, content);
    else tree.delete(path);
  }
  return { tree, conflicts: paths.filter((path) => later.has(path) && !path.startsWith(MAPPING)).sort() };
}

/** All that a version answers, as it follows from its files: 64 × 48 pixels, classes by number. */
export function saidBy(tree: Tree): Said {
  const files = filesOf(tree);
  const called = (name: string) => tree.get(MAPPING + name)?.toString() ?? name;
  const names = (/\[(.*)\]/.exec(tree.get('data.yaml')?.toString() ?? '')?.[1]?.split(', ') ?? []).map(called);
  const images = files
    .map(([path]) => path)
    .filter((path) => path.endsWith('.png'))
    .sort();
  const splits: Record<string, number> = {};
  for (const path of images) {
    const split = path.split('/')[1] ?? '';
    splits[split] = (splits[split] ?? 0) + 1;
  }
  const numbers: number[] = [];
  const boxes = images.map((path) => {
    const label = tree.get(path.replace('images/', 'labels/').replace('.png', '.txt'))?.toString() ?? '';
    return label
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [number = '', , , width] = line.split(' ');
        numbers.push(Number(number));
        return { name: names[Number(number)] ?? `class_${number}`, width: (Number(width) * 64).toFixed(1) };
      });
  });
  // Without a file that names them, classes are as many as labels speak of.
  const unnamed = Array.from({ length: Math.max(-1, ...numbers) + 1 }, (_, number) => `class_${number}`);
  const known = names.length > 0 ? names : unnamed;
  const classOf = (name: string) => {
    const some = boxes.map((ones) => ones.filter((one) => one.name === name).length).filter((number) => number > 0);
    return `${name}: ${some.reduce((sum, number) => sum + number, 0)} on ${some.length}`;
  };
  return {
    contentHash: contentHashOf(new Map(files)),
    files: files.map(([path, bytes]) => `${path} ${sha256(bytes)}`).sort(),
    // An empty tree has no classes that anyone could see.
    classes: images.length === 0 ? [] : [...new Set(known)].map(classOf).sort(),
    splits,
    annotations: images.map(
      (path, i) => `${path}: ${(boxes[i] ?? []).map(({ name, width }) => `${name} ${width}`).sort()}`,
    ),
  };
}
