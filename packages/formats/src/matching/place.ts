import { Fingerprints, Hash } from '../fingerprints.ts';
import type { ReadContext } from '../format.ts';
import type { ImageEntry } from '../model.ts';
import type { Example } from '../report.ts';
import { namesOfAddress } from './addresses.ts';
import { ImageFinder } from './finder.ts';
import type { OpenName } from './open-name.ts';
import { rematch } from './rematch.ts';

/** A name of an image in an annotation file, and where it stands there. */
export interface NamedImage extends OpenName {
  at: Example;
  /** What its file says, where the name is no more than likely. */
  said?: string;
  /** Further names that the image may have, tried in this order when there is no file of the first. */
  alternatives?: readonly string[];
}

/** Names beyond these are reported, but no repair is looked for. */
const MAX_OPEN = 500_000;

/**
 * Finds the images that the names of annotation files mean, for readers whose labels name their image. Names without a
 * file wait until {@link settle}: then repairs are proposed for them, or applied where a person has asked for it.
 */
export class ImagePlacer<Payload> {
  readonly #context: ReadContext;
  readonly #finder: ImageFinder;
  readonly #taken = new Fingerprints();
  /** By name and split; one name may stand in many places. */
  readonly #open = new Map<string, { named: NamedImage; payloads: Payload[] }>();

  constructor(context: ReadContext, finder = new ImageFinder(context.source, context.listing)) {
    this.#context = context;
    this.#finder = finder;
  }

  /** Null for a name that waits. */
  async place(
    file: string,
    split: string | null,
    named: readonly { named: NamedImage; payload: Payload }[],
  ): Promise<({ image: ImageEntry; payload: Payload } | null)[]> {
    const images = await this.#find(
      file,
      split,
      named.map((item) => item.named),
    );
    return named.map(({ named: item, payload }, i) => {
      const image = images[i];
      if (!image) {
        this.#wait(item, payload);
        return null;
      }
      this.#taken.add(Hash.of(image.path));
      reportDimensions(this.#context, item, image);
      return { image, payload };
    });
  }

  async #find(file: string, split: string | null, named: readonly NamedImage[]): Promise<(ImageEntry | undefined)[]> {
    const images: (ImageEntry | undefined)[] = named.map(() => undefined);
    let candidates = named.map(({ name }) => [name]);
    for (let round = 0; round === 0 || candidates.some(({ length }) => round < length); round++) {
      const asked = candidates.flatMap((names, i) => {
        const candidate = names[round];
        return images[i] || candidate === undefined || candidate === '' ? [] : [{ i, candidate }];
      });
      const matches = await this.#finder.find(
        file,
        split,
        asked.map(({ candidate }) => candidate),
      );
      asked.forEach(({ i }, k) => {
        const match = matches[k];
        if (match && 'path' in match) images[i] = match;
      });
      if (round === 0) candidates = named.map((item, i) => (images[i] ? [] : namesOf(item)));
    }
    return images;
  }

  #wait(named: NamedImage, payload: Payload): void {
    const key = `${named.split}\0${named.name}`;
    const known = this.#open.get(key);
    if (known) known.payloads.push(payload);
    else if (this.#open.size < MAX_OPEN) this.#open.set(key, { named, payloads: [payload] });
    else reportUnplaced(this.#context, named, []);
  }

  /** What became of the names that waited: those that a repair was asked for have their image now, the rest null. */
  async settle(): Promise<{ image: ImageEntry | null; payload: Payload }[]> {
    const open = [...this.#open.values()];
    this.#open.clear();
    if (open.length === 0) return [];
    const { source, report, repairs } = this.#context;
    const guesses = await rematch(
      source,
      open.map(({ named }) => named),
      this.#taken,
    );
    return open.flatMap(({ named, payloads }, i): { image: ImageEntry | null; payload: Payload }[] => {
      const { repair = null, image = null, isSafe = false, ambiguous = [] } = guesses[i] ?? {};
      if (repair && image && repairs.has(repair)) {
        this.#taken.add(Hash.of(image.path));
        reportDimensions(this.#context, named, image);
        return payloads.map((payload) => ({ image, payload }));
      }
      if (repair && image)
        report.propose(repair, { ...placeOf(named.at), from: named.said ?? named.name, to: image.path }, isSafe);
      reportUnplaced(this.#context, named, ambiguous, image?.path);
      return payloads.map((payload) => ({ image: null, payload }));
    });
  }
}

/** All names that an image may have, the likeliest first. */
const namesOf = ({ name, alternatives = [] }: NamedImage): string[] => [
  ...new Set([name, ...namesOfAddress(name), ...alternatives]),
];

function placeOf({ path, line }: Example): { path: string; line?: number } {
  return line === undefined ? { path } : { path, line };
}

function reportUnplaced(
  { report }: ReadContext,
  { name, said = name, at }: NamedImage,
  ambiguous: readonly string[],
  guess?: string,
): void {
  const hint = guess ? `${said} (may mean ${guess})` : said;
  const detail = ambiguous.length > 0 ? `${said}: ${ambiguous.join(', ')}` : hint;
  report.add(ambiguous.length > 0 ? 'ambiguous_image' : 'unmatched_image', { ...at, detail });
}

function reportDimensions({ report }: ReadContext, { width, height, at }: NamedImage, image: ImageEntry): void {
  if (width === null || height === null || image.width === null || (width === 0 && height === 0)) return;
  if (width === image.width && height === image.height) return;
  const isTurned = width === image.height && height === image.width;
  const detail = `${width} × ${height} in the annotations, ${image.width} × ${image.height} in the file${isTurned ? ': turned, perhaps by its EXIF orientation' : ''}`;
  report.add('dimensions_disagree', { ...at, image: image.path, detail });
}
