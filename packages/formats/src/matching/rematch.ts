import { type Fingerprints, Hash } from '../fingerprints.ts';
import type { ImageEntry } from '../model.ts';
import { baseName, splitOf, stemOf } from '../paths.ts';
import type { RepairCode } from '../repairs.ts';
import type { DatasetSource } from '../source.ts';
import { namesOfAddress } from './addresses.ts';
import { relativeName } from './finder.ts';
import { isNumber, matchNumbers } from './numbers.ts';
import type { OpenName } from './open-name.ts';

export type MatchRepair = Extract<
  RepairCode,
  'match_case' | 'match_moved_folder' | 'match_basename' | 'match_spelling' | 'match_stem' | 'match_by_id'
>;

/** What a name could mean: one image by one rule, or several images, or nothing. */
export interface Guess {
  repair: MatchRepair | null;
  image: ImageEntry | null;
  isSafe: boolean;
  /** Paths that fit equally well, the first ones. */
  ambiguous: string[];
}

/** From the closest resemblance to the loosest. */
const RULES: readonly MatchRepair[] = [
  'match_case',
  'match_moved_folder',
  'match_basename',
  'match_spelling',
  'match_stem',
];
const MAX_CANDIDATES = 8;

/**
 * Looks for images that names without a file may mean. Takes one pass over the images and memory for the open names
 * only, however many images there are. No image is given to two names, nor one that a name in `taken` has already.
 */
export async function rematch(
  source: DatasetSource,
  names: readonly OpenName[],
  taken: Fingerprints,
): Promise<Guess[]> {
  const candidates = await gather(source, names, taken);
  const guesses = names.map((name, i): Guess => choose(name, candidates[i]));
  refuseShared(guesses);
  const asNumbers = await guessNumbers(source, names, guesses, taken);
  for (const [i, guess] of asNumbers) guesses[i] = guess;
  return guesses;
}

/**
 * Names that are mere numbers mean files by one rule, all of them: that some happen to be the name of a file says
 * nothing, unless all are.
 */
async function guessNumbers(
  source: DatasetSource,
  names: readonly OpenName[],
  guesses: readonly Guess[],
  taken: Fingerprints,
): Promise<Map<number, Guess>> {
  const numbers = [...names.keys()].filter((i) => isNumber(names[i]?.name ?? ''));
  if (numbers.every((i) => guesses[i]?.isSafe)) return new Map();
  const isNumbered = new Set(numbers);
  const guessed = new Set(guesses.flatMap(({ image }, i) => (image && !isNumbered.has(i) ? [image.path] : [])));
  const matches = await matchNumbers(
    source,
    numbers.flatMap((i) => names[i] ?? []),
    (path) => guessed.has(path) || taken.get(Hash.of(path)) !== 0,
  );
  const found = new Map<number, Guess>();
  matches?.forEach((match, k) => {
    const i = numbers[k];
    if (i !== undefined && match) found.set(i, { repair: 'match_by_id', ambiguous: [], ...match });
  });
  return found;
}

interface Candidates {
  rule: number;
  images: ImageEntry[];
}

async function gather(
  source: DatasetSource,
  names: readonly OpenName[],
  taken: Fingerprints,
): Promise<(Candidates | undefined)[]> {
  const wanted = names.map(({ name }) => normalise(name));
  const byStem = Map.groupBy(wanted.keys(), (i) => loose(baseName(stemOf(wanted[i] ?? ''))));
  const found: (Candidates | undefined)[] = names.map(() => undefined);
  for await (const batch of source.images()) {
    for (const image of batch) {
      const path = normalise(image.path);
      const fitting = byStem.get(loose(baseName(stemOf(path))));
      if (!fitting || taken.get(Hash.of(image.path)) !== 0) continue;
      for (const i of fitting) keep(found, i, ruleFor(wanted[i] ?? '', path), image);
    }
  }
  return found;
}

function keep(found: (Candidates | undefined)[], i: number, rule: number, image: ImageEntry): void {
  const known = found[i];
  if (!known || rule < known.rule) found[i] = { rule, images: [image] };
  else if (rule === known.rule && known.images.length < MAX_CANDIDATES) known.images.push(image);
}

/** The index in {@link RULES} of the closest rule by which the name means the path. */
function ruleFor(name: string, path: string): number {
  if (path === name || path.endsWith(`/${name}`)) return 0;
  const [ofName, ofPath] = [name.split('/').reverse(), path.split('/').reverse()];
  if (ofName[0] !== ofPath[0]) return loose(ofName[0] ?? '') === loose(ofPath[0] ?? '') ? 3 : 4;
  return ofName.length > 1 && ofName[1] === ofPath[1] ? 1 : 2;
}

const normalise = (name: string): string =>
  relativeName(namesOfAddress(name)[0] ?? name)
    .normalize('NFKC')
    .toLowerCase();

/** Uploads and downloads turn blanks into underscores, and `+` is a blank in addresses. */
const loose = (name: string): string => name.replace(/[\s_+]+/g, '_');

/** One image by the closest rule; several are told apart by their split and their dimensions, where that helps. */
function choose(name: OpenName, candidates: Candidates | undefined): Guess {
  const none: Guess = { repair: null, image: null, isSafe: false, ambiguous: [] };
  if (!candidates) return none;
  const fits = [
    candidates.images,
    candidates.images.filter((image) => name.split !== null && splitOf(image.path) === name.split),
    candidates.images.filter(
      (image) => name.width !== null && image.width === name.width && image.height === name.height,
    ),
  ].find((images) => images.length === 1);
  const [image] = fits ?? [];
  if (!image) return { ...none, ambiguous: candidates.images.map(({ path }) => path) };
  const disagrees =
    name.width !== null && image.width !== null && (image.width !== name.width || image.height !== name.height);
  return { repair: RULES[candidates.rule] ?? null, image, isSafe: !disagrees, ambiguous: [] };
}

/** Two names for one image: which of them means it is not known. */
function refuseShared(guesses: Guess[]): void {
  const byPath = Map.groupBy(
    guesses.filter((guess) => guess.image !== null),
    (guess) => guess.image?.path,
  );
  for (const [path, sharing] of byPath) {
    if (sharing.length < 2) continue;
    for (const guess of sharing) Object.assign(guess, { repair: null, image: null, ambiguous: [path] });
  }
}
