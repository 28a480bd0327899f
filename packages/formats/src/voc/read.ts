import { ClassList } from '../classes.ts';
import type { ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import { type Annotation, taskTypeOf } from '../model.ts';
import { baseName, extensionOf, folderOf, splitOf, stemOf } from '../paths.ts';
import { ahead } from '../reading/ahead.ts';
import { lostIn } from '../reading/label-files.ts';
import { imagesBeside, MirrorFolders } from '../reading/mirrors.ts';
import type { Example } from '../report.ts';
import type { DatasetSource, FileRole } from '../source.ts';
import { childOf, firstElement, numberOf, textOf, type XmlElement } from '../xml.ts';
import { comesBack, withoutLines } from './document.ts';
import { ImageSets } from './image-sets.ts';
import { readObject } from './objects.ts';

const FILES_AT_ONCE = 200;
/** Tried, behind the one that the file states, for an image called after its label file. */
const EXTENSIONS = [
  'jpg',
  'png',
  'jpeg',
  'JPG',
  'JPEG',
  'bmp',
  'PNG',
  'BMP',
  'webp',
  'tif',
  'tiff',
  'gif',
  'jfif',
  'ppm',
  'jp2',
  'heic',
];

interface Reading extends ReadContext {
  classes: ClassList;
  types: Set<Annotation['type']>;
  sets: ImageSets;
}

/** Whether a PNG is a mask of the segmentation task, and no picture of the dataset. */
export const isMask = (path: string): boolean => /(^|\/)Segmentation(Class|Object)[^/]*\//i.test(path);

export async function* readVoc(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
  const sets = await ImageSets.open(context.source, context.listing);
  const reading: Reading = { ...context, classes: new ClassList(), types: new Set(), sets };
  yield { images: [], roles: sets.files.map((path) => ({ path, kind: 'annotation', split: null })) };
  yield* readMasks(reading);
  const placer = new LabelPlacer(reading);
  const mirrors = new MirrorFolders(context.listing);
  for await (const texts of ahead(textsOf(context.source))) {
    const labels: NamedLabels[] = [];
    const broken: string[] = [];
    const roles: FileRole[] = [];
    for (const [path, text] of texts) {
      if (extensionOf(path) === '' && !isDocument(text)) continue;
      roles.push({ path, kind: 'label', split: sets.splitOf(path) ?? splitOf(path) });
      const read = readDocument(path, text, reading);
      if (read) labels.push(read);
      else broken.push(path);
    }
    // Names are looked for in the folder of their label files first.
    for (const group of Map.groupBy(labels, ({ named }) => folderOf(named.at.path)).values()) {
      yield await placer.place(group[0]?.named.at.path ?? '', group);
    }
    const beside = await imagesBeside(context.source, mirrors, broken, (path) => [stemOf(baseName(path))]);
    yield { images: lostIn(broken, beside), roles };
  }
  yield await placer.settle();
  const { classes } = reading.classes;
  return {
    classes,
    taskType: taskTypeOf(reading.types),
    source: { imageSets: sets.folder },
    splitOf: (path) => sets.splitOf(path) ?? splitOf(path),
  };
}

async function* textsOf(source: DatasetSource): AsyncGenerator<Map<string, string | null>, void> {
  for await (const files of source.files()) {
    const paths = files.map(({ path }) => path).filter((path) => isDocumentPath(path));
    for (let at = 0; at < paths.length; at += FILES_AT_ONCE) yield source.texts(paths.slice(at, at + FILES_AT_ONCE));
  }
}

/** Whether a file may be a label by its name: some tools leave the extension off. */
export const isDocumentPath = (path: string): boolean => ['xml', ''].includes(extensionOf(path));

/** Whether a text is an annotation of an image, as far as its beginning says. */
export const isDocument = (text: string | null): boolean =>
  text !== null && /^\s*(<\?xml[^>]*>)?\s*<annotation[\s>]/.test(text.slice(0, 4096));

async function* readMasks({ source, report }: Reading): AsyncGenerator<ReadBatch> {
  for await (const batch of source.images()) {
    const roles = batch
      .filter(({ path }) => isMask(path))
      .map(({ path }): FileRole => ({ path, kind: 'annotation', split: null }));
    for (const { path } of roles)
      report.add('unsupported_annotation', { path, detail: 'a mask of pixels; kept as a file' });
    if (roles.length > 0) yield { images: [], roles };
  }
}

function readDocument(path: string, text: string | null, reading: Reading): NamedLabels | null {
  const { report } = reading;
  if (text === null) {
    report.add('label_not_text', { path });
    return null;
  }
  try {
    const document = firstElement(text, 'annotation');
    if (document) return labelsOf(path, document, reading);
    report.add('label_unreadable', { path, detail: 'there is no <annotation>' });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    report.add('label_unreadable', { path, detail: error.message });
  }
  return null;
}

function labelsOf(path: string, document: XmlElement, reading: Reading): NamedLabels {
  const { report, classes, types, sets } = reading;
  const stem = stemOf(baseName(path));
  const said = baseName((textOf(document, 'filename') ?? textOf(document, 'path') ?? '').replaceAll('\\', '/'));
  // Stanford Dogs and parts of ImageNet have a placeholder that nobody filled in.
  const stated = said === '%s' ? '' : said;
  const extension = extensionOf(stated) && stated.slice(-extensionOf(stated).length);
  const endings = extension === '' ? EXTENSIONS : [extension, ...EXTENSIONS];
  const size = childOf(document, 'size');
  const [width, height] = size ? [numberOf(size, 'width'), numberOf(size, 'height')] : [];
  const objects = document.children.filter(({ name }) => name === 'object');
  // Text between its elements is kept nowhere.
  let doesComeBack = document.text === '';
  const annotations = objects.flatMap((object) => {
    const place: Example = { path, line: object.line };
    const result = readObject(object);
    if ('problem' in result) {
      report.add('bad_box', { ...place, detail: result.problem });
      return [];
    }
    types.add(result.shape.type);
    const annotation: Annotation = {
      ...result.shape,
      attributes: result.attributes,
      classIndex: classes.indexOf(result.className),
      at: object.line,
    };
    if (result.turned) report.add('not_lossless', { ...place, detail: `${result.className}: ${result.turned}` });
    else doesComeBack &&= comesBack(object, annotation, classes.classes);
    return [annotation];
  });
  if (annotations.length === objects.length && !doesComeBack) report.add('not_lossless', { path });
  const header = document.children.filter(({ name }) => name !== 'object').map(withoutLines);
  return {
    named: {
      name: `${stem}.${endings[0]}`,
      said: stated || `the image of ${baseName(path)}`,
      // Asked for where there is no file of the first name.
      get alternatives() {
        const others = endings.slice(1).map((ending) => `${stem}.${ending}`);
        return stated ? [stated, ...others] : others;
      },
      split: sets.splitOf(path) ?? splitOf(path),
      width: Number.isFinite(width) ? (width ?? null) : null,
      height: Number.isFinite(height) ? (height ?? null) : null,
      at: { path, ...(stated ? { detail: stated } : {}) },
    },
    annotate(image) {
      const own = baseName(image.path);
      // Some tools leave the extension off.
      if (stated && stated !== own && stated !== stemOf(own)) {
        report.add('filename_disagrees', { path, image: image.path, detail: `<filename> says ${stated}` });
      }
      return annotations;
    },
    refused: { count: objects.length - annotations.length },
    source: { file: path, header },
    unit: 'line',
  };
}
