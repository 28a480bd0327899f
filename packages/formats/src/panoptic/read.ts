import { ClassList } from '../classes.ts';
import { Fingerprints, Hash } from '../fingerprints.ts';
import type { FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { readJson } from '../json/read.ts';
import { filesOf, type Listing } from '../listing.ts';
import { decodeMask } from '../masks/png.ts';
import { bytesOf } from '../masks/read.ts';
import { regionsOf } from '../masks/regions.ts';
import { ImageFinder } from '../matching/finder.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import type { Annotation, ImageEntry } from '../model.ts';
import { baseName, extensionOf, folderOf, stemOf } from '../paths.ts';
import { sampledHead } from '../reading/heads.ts';
import { splitOfFile } from '../reading/splits.ts';
import { type DatasetSource, type FileEntry, headOf, tailOf } from '../source.ts';
import { isMembers, type Members, segmentsOf } from './segments.ts';

const MASKS_AT_ONCE = 8;

/** COCO's panoptic segments: a JSON with a list of segments for each image, and a PNG of their ids: https://cocodataset.org/#format-data */
export const cocoPanoptic: FormatReader = {
  format: 'coco_panoptic',

  async detect(source, listing) {
    if (source.isListingOnly) {
      const named = filesOf(listing, 'json').find(({ path }) => /(^|\/)panoptic_[^/]*\.json$/i.test(path));
      return named
        ? { confidence: 0.82, reasons: [`${named.path} is named as COCO's panoptic files are.`] }
        : { confidence: 0, reasons: ['No JSON file is named as COCO\u2019s panoptic files are.'] };
    }
    const { panoptic, others } = await survey(source, listing);
    const [first] = panoptic;
    if (first === undefined) return { confidence: 0, reasons: ['No JSON file has lists of panoptic segments.'] };
    if (others.length > 0)
      return { confidence: 0.4, reasons: [`${first} has panoptic segments; ${others[0]} has objects.`] };
    return { confidence: 0.99, reasons: [`${first} has panoptic segments.`] };
  },

  async *read(context): AsyncGenerator<ReadBatch, ReadSummary> {
    const reading: Reading = { ...context, classes: new ClassList(), hasSegments: false, kept: [] };
    for await (const batch of context.source.files()) {
      for (const file of batch) {
        const { path } = file;
        if (extensionOf(path) !== 'json' || !(await hasSegments(context.source, file))) continue;
        yield { images: [], roles: [{ path, kind: 'annotation', split: splitOfFile(path) }] };
        try {
          yield* readFile(path, reading);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          context.report.add('annotation_file_unreadable', { path, detail: error.message });
        }
      }
    }
    return {
      classes: reading.classes.classes,
      taskType: reading.hasSegments ? 'instance_segmentation' : null,
      source: { files: reading.kept },
    };
  },
};

interface Reading extends ReadContext {
  classes: ClassList;
  hasSegments: boolean;
  kept: { path: string; members: Members }[];
}

export const isPanoptic = (head: string): boolean => /"segments_info"\s*:/.test(head);

/** A long list of images may stand before the segments: then the end of the file has some. */
async function hasSegments(source: DatasetSource, file: FileEntry, head?: string): Promise<boolean> {
  const beginning = head ?? (await headOf(source, file.path));
  if (isPanoptic(beginning)) return true;
  if (!/"(images|categories|licenses)"\s*:/.test(beginning)) return false;
  const end = await tailOf(source, file);
  return isPanoptic(end) || /"isthing"\s*:/.test(end);
}

async function survey(source: DatasetSource, listing: Listing): Promise<{ panoptic: string[]; others: string[] }> {
  const found = { panoptic: [] as string[], others: [] as string[] };
  for (const file of filesOf(listing, 'json').slice(0, 40)) {
    const { path } = file;
    const head = await sampledHead(source, path);
    if (await hasSegments(source, file, head)) found.panoptic.push(path);
    else if (/"images"\s*:\s*\[/.test(head) || /"annotations"\s*:\s*\[\s*\{[^}]*"image_id"/.test(head))
      found.others.push(path);
  }
  return found;
}

/** The images and categories come first, whatever their place in the file: segments point to them. */
async function* readFile(path: string, reading: Reading): AsyncGenerator<ReadBatch> {
  const { source, report, classes } = reading;
  const names = new Map<unknown, { name: string; element: Members }>();
  const categories = new Map<unknown, number>();
  const members: Members = {};
  for await (const item of readJson(source.stream(path), (key) => key !== 'annotations' && key !== '')) {
    if (item.kind === 'value') members[item.key] = item.value;
    else if (item.kind === 'left_out') report.add('not_lossless', { path, detail: item.reason });
    else if (item.key === 'images') {
      for (const element of item.elements)
        if (isMembers(element) && typeof element.file_name === 'string')
          names.set(element.id, { name: element.file_name, element });
    } else if (item.key === 'categories') {
      for (const element of item.elements) {
        if (!isMembers(element) || typeof element.name !== 'string') continue;
        const { name, ...others } = element;
        categories.set(element.id, classes.indexOf(element.name, others));
      }
    } else if (item.firstIndex === 0) members[item.key] = item.elements;
  }
  reading.kept.push({ path, members });
  const maps = new MapFinder(reading, path);
  const placer = new LabelPlacer({ ...reading, source: maps.withoutMaps() });
  for await (const item of readJson(source.stream(path), (key) => key === 'annotations')) {
    if (item.kind !== 'elements') continue;
    for (const { index, reason } of item.broken)
      report.add('bad_annotation', { path, pointer: `annotations[${item.firstIndex + index}]`, detail: reason });
    for (let at = 0; at < item.elements.length; at += MASKS_AT_ONCE) {
      const some = item.elements.slice(at, at + MASKS_AT_ONCE);
      const read = await Promise.all(
        some.map((element, i) =>
          element === undefined
            ? null
            : readOne({ path, element, index: item.firstIndex + at + i, names, categories, maps, reading }),
        ),
      );
      const placed = read.filter((one) => one !== null);
      yield await placer.place(
        path,
        placed.map(({ labels }) => labels),
      );
      yield {
        images: [],
        roles: placed.flatMap(({ map }) => (map ? [{ path: map, kind: 'annotation', split: null }] : [])),
      };
    }
  }
  yield await placer.settle();
}

interface One {
  path: string;
  element: unknown;
  index: number;
  names: ReadonlyMap<unknown, { name: string; element: Members }>;
  categories: ReadonlyMap<unknown, number>;
  maps: MapFinder;
  reading: Reading;
}

async function readOne(one: One): Promise<{ labels: NamedLabels; map: string | null } | null> {
  const { path, element, index, names, categories, maps, reading } = one;
  const pointer = `annotations[${index}]`;
  const { report } = reading;
  if (!isMembers(element) || typeof element.file_name !== 'string') {
    report.add('bad_annotation', { path, pointer, detail: 'names no PNG of segments' });
    return null;
  }
  const image = names.get(element.image_id);
  const { segments, numBroken } = segmentsOf(element.segments_info);
  if (numBroken > 0) report.add('bad_annotation', { path, pointer, detail: 'a segment without an id' }, numBroken);
  if (!image) {
    report.add(
      'dangling_annotation',
      { path, pointer, detail: `image_id ${String(element.image_id)}` },
      segments.length,
    );
    return null;
  }
  const map = await maps.find(element.file_name);
  const annotations: Annotation[] = [];
  const bytes = map === null ? null : await bytesOf(reading.source, map.path);
  const pixels = bytes === null ? null : decodeMask(bytes);
  if (pixels === null || typeof pixels === 'string') {
    const why = map === null ? 'there is no such PNG' : (pixels ?? 'its content is not available');
    report.add('bad_annotation', { path, pointer, detail: `${element.file_name}: ${why}` }, segments.length);
  } else {
    const { values, isColored, width, height } = pixels;
    // Ids are red + 256 green + 65,536 blue.
    const idOf = (value: number) =>
      isColored
        ? (value >> 16) | (value & 0xff00) | ((value & 0xff) << 16)
        : value | (pixels.values instanceof Uint32Array ? (value << 8) | (value << 16) : 0);
    const wanted = new Set(segments.map(({ id }) => id));
    const regions = regionsOf(width, height, (i) => (wanted.has(idOf(values[i] ?? 0)) ? idOf(values[i] ?? 0) : -1));
    segments.forEach((segment, i) => {
      const place = { path, pointer: `${pointer}.segments_info[${i}]` };
      const classIndex = categories.get(segment.category_id);
      const region = regions?.get(segment.id);
      if (classIndex === undefined)
        report.add('dangling_category', { ...place, detail: `category_id ${String(segment.category_id)}` });
      else if (!region)
        report.add('bad_box', { ...place, detail: `no pixel of ${element.file_name} has the id ${segment.id}` });
      else {
        reading.hasSegments = true;
        const { rle, box } = region;
        annotations.push({
          type: 'rle',
          geometry: { box, rle },
          classIndex,
          attributes: { id: segment.id, ...segment.others },
          at: i,
        });
      }
    });
  }
  const number = (key: string) => (typeof image.element[key] === 'number' ? image.element[key] : null);
  const { file_name, ...others } = image.element;
  return {
    map: map?.path ?? null,
    labels: {
      named: {
        name: image.name,
        split: splitOfFile(path),
        width: number('width'),
        height: number('height'),
        at: { path, pointer },
      },
      annotate: () => annotations,
      refused: { count: segments.length + numBroken - annotations.length },
      source: { file: path, name: image.name, map: map?.path ?? element.file_name, others },
      unit: `${pointer}.segments_info`,
    },
  };
}

/** Finds the PNG of an image's segments: in the folder called after the JSON file, or in one that has none but these. */
class MapFinder {
  readonly #finder: ImageFinder;
  readonly #source: DatasetSource;
  readonly #path: string;
  readonly #folders: string[];
  readonly #maps = new Fingerprints();

  constructor({ source, listing }: ReadContext, path: string) {
    this.#source = source;
    this.#path = path;
    this.#finder = new ImageFinder(source, listing);
    const stem = baseName(stemOf(path));
    this.#folders = [...listing.folders.keys()]
      .filter((folder) => (listing.folders.get(folder)?.images ?? 0) > 0)
      .sort((a, b) => scoreOf(b, stem, path) - scoreOf(a, stem, path));
  }

  /** The source without the maps that were found: where images are PNG files, too, both have the same names. */
  withoutMaps(): DatasetSource {
    const source = this.#source;
    const isMap = (path: string) => this.#maps.get(Hash.of(path)) !== 0;
    return {
      ...source,
      async *images() {
        for await (const batch of source.images()) yield batch.filter(({ path }) => !isMap(path));
      },
      findImages: (paths) => source.findImages(paths.filter((path) => !isMap(path))),
    };
  }

  async find(name: string): Promise<ImageEntry | null> {
    const map = await this.#find(name);
    if (map) this.#maps.add(Hash.of(map.path));
    return map;
  }

  async #find(name: string): Promise<ImageEntry | null> {
    const candidates = this.#folders.slice(0, 20).map((folder) => folder + name);
    const found = await this.#source.findImages(candidates);
    const best = candidates.find((candidate) => found.has(candidate));
    if (best !== undefined) return found.get(best) ?? null;
    const [match] = await this.#finder.find(this.#path, splitOfFile(this.#path), [name]);
    return match && 'path' in match ? match : null;
  }
}

function scoreOf(folder: string, stem: string, path: string): number {
  const name = baseName(folder.slice(0, -1));
  return (
    (name === stem ? 4 : 0) +
    (/panoptic|mask|segment/i.test(name) ? 2 : 0) +
    (folder.startsWith(folderOf(path)) ? 1 : 0)
  );
}
