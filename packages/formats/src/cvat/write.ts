import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import type { Annotation, Box, ImageRecord, Rle } from '../model.ts';
import { splitOf } from '../paths.ts';
import { ringsFor } from '../writing/fitted.ts';
import { rounded } from '../writing/labels-beside.ts';
import { nameOf } from '../writing/shapes.ts';
import { splitFiles } from '../writing/split-files.ts';
import { escapeXml } from '../xml.ts';
import { boundsOf, cvatMaskOf } from './masks.ts';

/** Attributes of an element; whatever else is said goes into `<attribute>`. */
const OWN = ['source', 'z_order', 'group_id'];

/** CVAT for images 1.1 in one `annotations.xml`, with the split as `subset`. */
export const cvatWriter: FormatWriter = {
  format: 'cvat',
  losesOwnDetails: true,

  *losses(image, { format }) {
    if (image.split !== null && !image.isLabeled && splitOf(image.path) !== image.split)
      yield 'the splits of images without labels are left out';
    for (const annotation of image.annotations) {
      const { type, geometry, attributes } = annotation;
      if (annotation.classIndex === null) yield 'annotations without a class are left out';
      if (type === 'keypoints') {
        if (geometry.box) yield 'boxes around keypoints are left out';
        if (geometry.polygons || geometry.rle) yield 'outlines of objects with keypoints are left out';
        if (geometry.keypoints.some((value, i) => i % 3 === 2 && value === 0)) yield 'missing keypoints are left out';
        if (geometry.keypoints.some((value, i) => i % 3 === 2 && value === 1))
          yield 'the visibility of keypoints is left out';
      } else if (type === 'caption') yield `${nameOf(type)} are left out`;
      else if (type === 'polygon' || type === 'obb') {
        const { loss } = ringsFor(annotation);
        if (loss) yield loss;
      } else if (type === 'rle') yield* maskLosses(geometry);
      for (const [key, value] of Object.entries(attributes)) {
        const isNested = typeof value === 'object' && value !== null;
        if (isNested && (key !== 'attributes' || format !== 'cvat')) yield `the attribute "${key}" becomes a text`;
      }
    }
  },

  write(dataset): AsyncGenerator<OutputFile> {
    return splitFiles(dataset, {
      fileOf: () => 'annotations.xml',
      isOwn: dataset.format === 'cvat',
      textOf: (_path, isInFile) => textOf(dataset, isInFile),
    });
  },
};

function* maskLosses({ box, rle }: { box: Box | null; rle: Rle }): Generator<string> {
  const bounds = boundsOf(rle);
  if (bounds === null) yield 'empty masks are left out';
  else if (box === null || bounds.some((value, i) => value !== box[i]))
    yield 'boxes that differ from their masks are left out';
}

async function* textOf(dataset: WritableDataset, isInFile: (image: ImageRecord) => boolean): AsyncGenerator<string> {
  yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n      <labels>\n';
  for (const { name, source } of dataset.classes) {
    const color = typeof source.color === 'string' ? `<color>${escapeXml(source.color)}</color>` : '';
    yield `        <label><name>${escapeXml(name)}</name>${color}<attributes></attributes></label>\n`;
  }
  yield '      </labels>\n    </task>\n  </meta>\n';
  let number = 0;
  for await (const batch of dataset.images()) {
    const texts = batch
      .filter((image) => isInFile(image) && (image.isLabeled || image.annotations.length > 0))
      .map((image) => imageElement(image, number++, dataset));
    if (texts.length > 0) yield texts.join('');
  }
  yield '</annotations>\n';
}

function imageElement(image: ImageRecord, number: number, { classes, format }: WritableDataset): string {
  const { path, width, height, split, source } = image;
  const isOwn = format === 'cvat';
  const head = {
    id: isOwn && typeof source?.id === 'string' ? source.id : number,
    name: isOwn && typeof source?.name === 'string' ? source.name : path,
    ...(split === null ? {} : { subset: isOwn && typeof source?.subset === 'string' ? source.subset : split }),
    ...(width === null || height === null ? {} : { width, height }),
  };
  const shapes = image.annotations.flatMap((annotation) => {
    const label = classes[annotation.classIndex ?? -1]?.name;
    return label === undefined
      ? []
      : elementsOf(annotation).map(({ name, members }) => shapeElement(name, label, members, annotation));
  });
  return `  <image${membersOf(head)}>\n${shapes.join('')}  </image>\n`;
}

type Values = Record<string, string | number>;

const membersOf = (values: Values): string =>
  Object.entries(values)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('');

function elementsOf(annotation: Annotation): { name: string; members: Values }[] {
  const { type, geometry } = annotation;
  const points = (ring: readonly number[]): Values => ({
    points: ring.flatMap((x, i) => (i % 2 === 0 ? [`${rounded(x)},${rounded(ring[i + 1] ?? 0)}`] : [])).join(';'),
  });
  switch (type) {
    case 'bbox': {
      const [x, y, width, height] = geometry.box;
      return [
        {
          name: 'box',
          members: { xtl: rounded(x), ytl: rounded(y), xbr: rounded(x + width), ybr: rounded(y + height) },
        },
      ];
    }
    case 'polygon':
    case 'obb':
      return ringsFor(annotation).rings.map((ring) => ({ name: 'polygon', members: points(ring) }));
    case 'keypoints': {
      const seen = geometry.keypoints.flatMap((x, i) =>
        i % 3 === 0 && geometry.keypoints[i + 2] ? [x, geometry.keypoints[i + 1] ?? 0] : [],
      );
      return seen.length > 0 ? [{ name: 'points', members: points(seen) }] : [];
    }
    case 'rle': {
      const mask = cvatMaskOf(geometry.rle);
      if (mask === null) return [];
      const { rle, ...box } = mask;
      return [{ name: 'mask', members: { rle: rle.join(', '), ...box } }];
    }
    case 'classification':
      return [{ name: 'tag', members: {} }];
    case 'caption':
      return [];
  }
}

function shapeElement(name: string, label: string, members: Values, { attributes }: Annotation): string {
  const { occluded, rotation, attributes: nested, ...others } = attributes;
  const own: Values = {};
  const said: [string, unknown][] = Object.entries(typeof nested === 'object' && nested !== null ? nested : {});
  for (const [key, value] of Object.entries(others)) {
    if (OWN.includes(key) && (typeof value === 'string' || typeof value === 'number')) own[key] = value;
    else if (value !== null) said.push([key, value]);
  }
  const flag: Values = name === 'tag' ? {} : { occluded: Number(occluded ?? 0) };
  const inner = said.map(
    ([key, value]) =>
      `      <attribute name="${escapeXml(key)}">${escapeXml(typeof value === 'object' ? JSON.stringify(value) : String(value))}</attribute>\n`,
  );
  const head = `    <${name}${membersOf({ label, ...members, ...flag, ...own })}`;
  return inner.length === 0 ? `${head}/>\n` : `${head}>\n${inner.join('')}    </${name}>\n`;
}
