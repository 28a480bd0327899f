import { ClassList } from '../classes.ts';
import type { Detection, FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { parseLeniently } from '../json/parse.ts';
import { readJson } from '../json/read.ts';
import { everyFile, filesOf, type Listing, spread } from '../listing.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import { type Annotation, taskTypeOf } from '../model.ts';
import { baseName, extensionOf, folderOf, splitOf, stemOf } from '../paths.ts';
import { lostIn } from '../reading/label-files.ts';
import { imagesBeside, MirrorFolders } from '../reading/mirrors.ts';
import { type DatasetSource, type FileRole, headOf } from '../source.ts';
import { readShape } from './shapes.ts';

const SAMPLED = 20;
const FILES_AT_ONCE = 100;
/** Files up to this size are read whole. */
const SMALL_BYTES = 64 * 1024;

/** LabelMe: a JSON file per image (https://github.com/wkentaro/labelme). */
export const labelme: FormatReader = {
  format: 'labelme',

  async detect(source, listing) {
    const paths = spread(filesOf(listing, 'json'), 5, SAMPLED);
    if (paths.length === 0) return { confidence: 0, reasons: ['There are no JSON files.'] };
    if (source.isListingOnly) return detectByNames(listing);
    const heads = await Promise.all(paths.map((path) => headOf(source, path)));
    // A picture inside may stand before the shapes, and be longer than what is looked at.
    const fitting = heads.filter((head) => /"shapes"\s*:\s*\[|"imageData"\s*:/.test(head)).length;
    if (fitting === 0) return { confidence: 0, reasons: ['No JSON file looked at has a list of shapes.'] };
    return {
      confidence: 0.4 + 0.55 * (fitting / paths.length),
      reasons: [`${fitting} of ${paths.length} JSON files looked at have LabelMe's list of shapes.`],
    };
  },

  async *read(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const reading: Reading = { ...context, classes: new ClassList(), types: new Set() };
    const placer = new LabelPlacer(context);
    const mirrors = new MirrorFolders(context.listing);
    for await (const files of everyFile(context.source, context.listing, 'json')) {
      for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
        const part = files.slice(at, at + FILES_AT_ONCE);
        const small = part.filter(({ sizeBytes }) => sizeBytes <= SMALL_BYTES);
        const texts = await context.source.texts(small.map(({ path }) => path));
        const labels: NamedLabels[] = [];
        const broken: string[] = [];
        for (const { path } of part) {
          const read = await readFile(path, texts.get(path) ?? null, reading);
          if (read) labels.push(read);
          else if (context.report.tellsOf(path)) broken.push(path);
        }
        for (const group of Map.groupBy(labels, ({ named }) => folderOf(named.at.path)).values()) {
          yield await placer.place(group[0]?.named.at.path ?? '', group);
        }
        const roles = labels.map(({ named }): FileRole => ({ path: named.at.path, kind: 'label', split: named.split }));
        const beside = await imagesBeside(context.source, mirrors, broken, (path) => [stemOf(baseName(path))]);
        yield { images: lostIn(broken, beside), roles };
      }
    }
    yield await placer.settle();
    return { classes: reading.classes.classes, taskType: taskTypeOf(reading.types) };
  },
};

/** Where only names are known: as many JSON files as images, side by side. */
function detectByNames({ counts, numImages }: Listing): Detection {
  const files = counts.get('json') ?? 0;
  const isPerImage = files > 2 && files >= numImages * 0.5;
  return isPerImage
    ? { confidence: 0.4, reasons: [`${files} JSON files for ${numImages} images: they may be LabelMe's.`] }
    : { confidence: 0, reasons: ['There are few JSON files for the number of images.'] };
}

interface Reading extends ReadContext {
  classes: ClassList;
  types: Set<Annotation['type']>;
}

/** Null for a JSON file of another kind. The picture that LabelMe may put into the file is passed over. */
async function readFile(path: string, text: string | null, reading: Reading): Promise<NamedLabels | null> {
  const { source, report } = reading;
  const members: Record<string, unknown> = {};
  const annotations: Annotation[] = [];
  const refused = { count: 0 };
  let hasShapes = false;
  try {
    for await (const item of partsOf(source, path, text)) {
      if (item.kind === 'value') {
        members[item.key] = item.value;
        continue;
      }
      if (item.kind === 'left_out') {
        if (item.key !== 'imageData') report.add('not_lossless', { path, detail: item.reason });
        continue;
      }
      hasShapes = true;
      for (const { index, reason } of item.broken)
        report.add('bad_annotation', { path, pointer: `shapes[${item.firstIndex + index}]`, detail: reason });
      refused.count += item.broken.length;
      item.elements.forEach((element, i) => {
        if (element === undefined) return;
        const annotation = annotationOf(path, element, item.firstIndex + i, reading);
        if (annotation) annotations.push(annotation);
        else refused.count++;
      });
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // Some other JSON that is broken is no label.
    if (!hasShapes && members.imagePath === undefined && members.shapes === undefined && !annotations.length) {
      if (!/"(shapes|imagePath)"\s*:/.test(await headOf(source, path))) return null;
    }
    report.add('label_unreadable', { path, detail: error.message });
    if (annotations.length === 0) return null;
  }
  if (!hasShapes && members.imagePath === undefined) return null;
  annotations.push(...flagsOf(members.flags, reading));
  const stated = typeof members.imagePath === 'string' ? members.imagePath.replaceAll('\\', '/') : '';
  const stem = stemOf(baseName(path));
  const number = (key: string) => (typeof members[key] === 'number' ? members[key] : null);
  return {
    named: {
      name: stated || `${stem}.jpg`,
      said: stated || `the image of ${baseName(path)}`,
      alternatives: [baseName(stated), `${stem}.${extensionOf(stated) || 'jpg'}`, stem].filter((name) => name !== ''),
      split: splitOf(path),
      width: number('imageWidth'),
      height: number('imageHeight'),
      at: { path },
    },
    annotate: () => annotations,
    refused,
    source: { file: path },
    unit: 'shapes',
  };
}

/** The members of a file: of a small one at once, of a larger one, which may hold its picture, as they come. */
async function* partsOf(source: DatasetSource, path: string, text: string | null): ReturnType<typeof readJson> {
  const content = text === null ? undefined : parseLeniently(text.replace(/^\uFEFF/, ''));
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    yield* readJson(source.stream(path), (key) => key === 'shapes');
    return;
  }
  for (const [key, value] of Object.entries(content)) {
    if (!Array.isArray(value)) yield { kind: 'value', key, value };
    else if (key === 'shapes') yield { kind: 'elements', key, firstIndex: 0, elements: value, broken: [] };
  }
}

function annotationOf(
  path: string,
  element: unknown,
  at: number,
  { report, classes, types }: Reading,
): Annotation | null {
  const place = { path, pointer: `shapes[${at}]` };
  const read = readShape(element);
  if ('unsupported' in read) {
    report.add('unsupported_annotation', { ...place, detail: read.unsupported });
    return null;
  }
  if ('problem' in read) {
    report.add('bad_box', { ...place, detail: read.problem });
    return null;
  }
  types.add(read.shape.type);
  return { ...read.shape, classIndex: classes.indexOf(read.label), attributes: read.attributes, at };
}

/** Flags that are set are classes of the whole image. */
function flagsOf(flags: unknown, { classes, types }: Reading): Annotation[] {
  if (typeof flags !== 'object' || flags === null) return [];
  const set = Object.entries(flags).filter(([, value]) => value === true);
  if (set.length > 0) types.add('classification');
  return set.map(([name]) => ({
    type: 'classification',
    geometry: {},
    classIndex: classes.indexOf(name),
    attributes: {},
  }));
}
