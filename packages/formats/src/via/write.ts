import { csvLines } from '../csv/formulas.ts';
import type { FormatWriter, WritableDataset } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { hasHoles, outlineOf } from '../outline.ts';
import { extensionOf, splitOf } from '../paths.ts';
import { nameOf } from '../writing/shapes.ts';
import { jsonElements, splitFiles, statedName } from '../writing/split-files.ts';
import { polygon, shapesFor } from './regions.ts';

const OWN = new Set(['shape', 'class_attribute']);

/** `via_region_data.json` for each split, with the class in the attribute `label`. */
export const viaWriter: FormatWriter = {
  format: 'via',
  losesUnusedClasses: true,

  *losses(image, dataset) {
    if (image.split !== null && !image.isLabeled && splitOf(image.path) !== image.split)
      yield 'the splits of images without labels are left out';
    for (const annotation of image.annotations) {
      const { type, geometry, attributes } = annotation;
      if (regionsOf(annotation).length === 0) {
        yield `${nameOf(type)} are left out`;
        continue;
      }
      const name = dataset.classes[annotation.classIndex ?? -1]?.name ?? '';
      if (name !== name.trim() || name === '') yield `the class "${name}" loses the blanks around it`;
      if (type === 'polygon' && geometry.polygons.length > 1)
        yield 'objects of several rings become an object per ring';
      if (type === 'obb') yield 'oriented boxes become polygons';
      if (type === 'rle')
        yield hasHoles(geometry.rle) ? 'masks become outlines, with their holes cut in' : 'masks become outlines';
      for (const key of Object.keys(attributes))
        if ((OWN.has(key) && dataset.format !== 'via') || key === 'label')
          yield `the attribute "${key}" is left out: a member of the format is called so`;
    }
  },

  write(dataset) {
    const isOwn = dataset.format === 'via';
    return splitFiles(dataset, {
      fileOf: (split) => `${split === null ? '' : `${split}/`}via_region_data.json`,
      isOwn,
      textOf: (path, isInFile) =>
        extensionOf(path) === 'csv' ? csvOf(dataset, isInFile, isOwn) : jsonOf(path, dataset, isInFile, isOwn),
    });
  },
};

/** The shapes of an annotation's regions; none for one that the format has no shape for. */
function regionsOf(annotation: Annotation): Record<string, unknown>[] {
  if (annotation.type === 'rle') return outlineOf(annotation.geometry.rle).map(polygon);
  return shapesFor(annotation) ?? [];
}

function regionElements(image: ImageRecord, { classes, format }: WritableDataset) {
  return image.annotations.flatMap((annotation) => {
    const label = classes[annotation.classIndex ?? -1]?.name;
    if (label === undefined) return [];
    const key = format === 'via' ? annotation.attributes.class_attribute : undefined;
    const others = Object.fromEntries(Object.entries(annotation.attributes).filter(([name]) => !OWN.has(name)));
    const region_attributes = { ...others, [typeof key === 'string' ? key : 'label']: label };
    return regionsOf(annotation).map((shape_attributes) => ({ shape_attributes, region_attributes }));
  });
}

async function* jsonOf(
  path: string,
  dataset: WritableDataset,
  isInFile: (image: ImageRecord) => boolean,
  isOwn: boolean,
): AsyncGenerator<string> {
  const isProject = isOwn && /project/i.test(path);
  yield isProject ? '{"_via_img_metadata": {' : '{';
  yield* jsonElements(dataset, isInFile, function* (image) {
    const filename = statedName(image, isOwn);
    const size = typeof image.source?.size === 'number' ? image.source.size : -1;
    const element = {
      filename,
      size,
      regions: regionElements(image, dataset),
      file_attributes: isOwn && image.source?.file_attributes ? image.source.file_attributes : {},
    };
    yield `${JSON.stringify(`${filename}${size}`)}: ${JSON.stringify(element)}`;
  });
  yield isProject ? '}}\n' : '}\n';
}

async function* csvOf(
  dataset: WritableDataset,
  isInFile: (image: ImageRecord) => boolean,
  isOwn: boolean,
): AsyncGenerator<string> {
  yield 'filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n';
  for await (const batch of dataset.images()) {
    const rows = batch
      .filter((image) => isInFile(image) && image.isLabeled)
      .flatMap((image) => {
        const base = [statedName(image, isOwn), '-1', '{}'];
        const regions = regionElements(image, dataset);
        if (regions.length === 0) return [[...base, '0', '0', '{}', '{}']];
        return regions.map(({ shape_attributes, region_attributes }, i) => [
          ...base,
          String(regions.length),
          String(i),
          JSON.stringify(shape_attributes),
          JSON.stringify(region_attributes),
        ]);
      });
    if (rows.length > 0) yield csvLines(rows);
  }
}
