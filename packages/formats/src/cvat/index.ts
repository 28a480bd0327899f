import { ClassList } from '../classes.ts';
import type { FormatReader, ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { everyFile, filesOf, type Listing, spread } from '../listing.ts';
import { LabelPlacer, type NamedLabels } from '../matching/records.ts';
import { type Annotation, taskTypeOf } from '../model.ts';
import { splitName, splitOf } from '../paths.ts';
import { type DatasetSource, headOf } from '../source.ts';
import { readXml, type XmlElement } from '../xml.ts';
import { annotationOf } from './shapes.ts';

const SAMPLED = 50;
const ELEMENTS = new Set(['label', 'image', 'track']);
/** Images that are placed together. */
const BATCH = 500;

/** CVAT for images and for video, XML 1.1: https://docs.cvat.ai/docs/manual/advanced/xml_format/ */
export const cvat: FormatReader = {
  format: 'cvat',

  async detect(source, listing) {
    const first = await firstFile(source, listing);
    if (first === null) return { confidence: 0, reasons: ["No XML file has CVAT's <annotations>."] };
    return { confidence: 0.97, reasons: [`${first} has CVAT's <annotations>.`] };
  },

  async *read(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
    const classes = new ClassList();
    const types = new Set<Annotation['type']>();
    const placer = new LabelPlacer(context);
    for await (const files of everyFile(context.source, context.listing, 'xml')) {
      for (const { path } of files) {
        if (await isCvat(context.source, path)) yield* readFile(path, placer, { context, classes, types });
      }
    }
    yield await placer.settle();
    return { classes: classes.classes, taskType: taskTypeOf(types) };
  },
};

async function* readFile(path: string, placer: LabelPlacer, reading: Reading): AsyncGenerator<ReadBatch> {
  const { context, classes } = reading;
  yield { images: [], roles: [{ path, kind: 'annotation', split: splitOf(path) }] };
  let batch: NamedLabels[] = [];
  try {
    for await (const element of readXml(context.source.stream(path), ELEMENTS)) {
      if (element.name === 'label') addClass(classes, element);
      else if (element.name === 'image') batch.push(labelsOf(path, element, reading));
      else batch.push(...framesOf(path, element, reading));
      if (batch.length < BATCH) continue;
      yield await placer.place(path, batch);
      batch = [];
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    context.report.add('annotation_file_unreadable', { path, detail: error.message });
  }
  yield await placer.place(path, batch);
}

async function firstFile(source: DatasetSource, listing: Listing): Promise<string | null> {
  for (const path of spread(filesOf(listing, 'xml'), 5, SAMPLED)) if (await isCvat(source, path)) return path;
  return null;
}

async function isCvat(source: DatasetSource, path: string): Promise<boolean> {
  const head = await headOf(source, path, 16 * 1024);
  return /<annotations[\s>]/.test(head) && /<(image|track|meta|version)[\s>]/.test(head);
}

interface Reading {
  context: ReadContext;
  classes: ClassList;
  types: Set<Annotation['type']>;
}

/** The label list of the task stands before the images, and gives the classes their order. */
function addClass(classes: ClassList, label: XmlElement): void {
  const name = label.children.find((child) => child.name === 'name')?.text;
  const color = label.children.find((child) => child.name === 'color')?.text;
  if (name) classes.indexOf(name, color ? { color } : {});
}

function labelsOf(path: string, image: XmlElement, reading: Reading): NamedLabels {
  const { id, name = '', subset, width, height } = image.attributes;
  const annotations = image.children.flatMap((shape) => annotationIn(path, shape, reading) ?? []);
  const refused = { count: image.children.length - annotations.length };
  return {
    named: {
      name,
      split: splitName(subset ?? '') ?? splitOf(path),
      width: width ? Number(width) : null,
      height: height ? Number(height) : null,
      at: { path, line: image.line },
    },
    annotate: () => annotations,
    refused,
    source: { file: path, ...(id ? { id } : {}), ...(subset ? { subset } : {}) },
    unit: 'line',
  };
}

/** A track's boxes belong to frames, which an export with images calls `frame_000123`. */
function framesOf(path: string, track: XmlElement, reading: Reading): NamedLabels[] {
  return track.children.flatMap((shape): NamedLabels[] => {
    const { frame, outside, ...attributes } = shape.attributes;
    if (frame === undefined || outside === '1') return [];
    const element = { ...shape, attributes: { label: track.attributes.label ?? '', ...attributes } };
    const annotation = annotationIn(path, element, reading);
    const stem = `frame_${frame.padStart(6, '0')}`;
    const track_id = track.attributes.id ?? '';
    return [
      {
        named: {
          name: stem,
          said: `frame ${frame}`,
          split: splitOf(path),
          width: null,
          height: null,
          at: { path, line: shape.line },
        },
        annotate: () => (annotation ? [{ ...annotation, attributes: { ...annotation.attributes, track_id } }] : []),
        refused: { count: annotation ? 0 : 1 },
        source: { file: path },
        unit: 'line',
      },
    ];
  });
}

function annotationIn(
  path: string,
  shape: XmlElement,
  { context: { report }, classes, types }: Reading,
): Annotation | null {
  const read = annotationOf(shape);
  const place = { path, line: shape.line };
  if ('unsupported' in read) {
    report.add('unsupported_annotation', { ...place, detail: read.unsupported });
    return null;
  }
  if ('problem' in read) {
    report.add('bad_box', { ...place, detail: read.problem });
    return null;
  }
  types.add(read.shape.type);
  return { ...read.shape, classIndex: classes.indexOf(read.label), attributes: read.attributes, at: shape.line };
}
