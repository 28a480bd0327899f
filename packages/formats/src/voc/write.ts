import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { baseName, stemOf } from '../paths.ts';
import { flatName, UniquePaths } from '../writing/names.ts';
import { boxed, nameOf, splitsOf, textOfImages, wholeText } from '../writing/shapes.ts';
import { headerOf, isAttributeName, type KeptElement, objectOf, textOfDocument } from './document.ts';

/** A file per image in `Annotations`, images in `JPEGImages`, splits in `ImageSets/Main`; or where they came from. */
export const pascalVocWriter: FormatWriter = {
  format: 'pascal_voc',
  losesUnusedClasses: true,
  writesByImage: true,

  *losses(image, { classes }) {
    for (const annotation of image.annotations) {
      const { loss } = fitted(annotation);
      if (loss) yield loss;
      if (annotation.classIndex === null || !classes[annotation.classIndex])
        yield 'annotations without a class are left out';
      for (const key of Object.keys(annotation.attributes)) {
        if (!isAttributeName(key)) yield `the attribute "${key}" is left out: no XML element can be called so`;
      }
    }
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    const isOwn = dataset.format === 'pascal_voc';
    const names = isOwn ? null : await UniquePaths.open(dataset, ({ path }) => flatName(path));
    const pathOf = (image: ImageRecord) => (names ? `JPEGImages/${names.of(image)}` : image.path);
    for await (const batch of dataset.images()) {
      for (const image of batch) {
        const path = pathOf(image);
        yield { path, copyOf: image.path };
        if (!image.isLabeled && image.annotations.length === 0) continue;
        const text = wholeText(documentOf(path, image, dataset, isOwn));
        yield { path: fileOf(path, image, isOwn), text, of: image.path };
      }
    }
    const sets = isOwn ? dataset.source.imageSets : 'ImageSets/';
    if (typeof sets !== 'string') return;
    for (const split of await splitsOf(dataset)) {
      if (split === null) continue;
      const line = (image: ImageRecord) => (image.split === split ? `${baseName(stemOf(pathOf(image)))}\n` : '');
      yield { path: `${sets}Main/${split}.txt`, text: textOfImages(dataset, line) };
    }
  },
};

/** A box or a single polygon, which some tools write beside it; several rings and other shapes become their box. */
function fitted(annotation: Annotation): { annotation: Annotation | null; loss: string | null } {
  const { type, geometry } = annotation;
  if (type === 'bbox' || (type === 'polygon' && geometry.polygons.length === 1)) {
    return { annotation, loss: null };
  }
  const { box, loss } = boxed(annotation);
  const { attributes, classIndex } = annotation;
  return {
    annotation: box && { type: 'bbox', geometry: { box }, attributes, classIndex },
    loss: box ? loss : `${nameOf(type)} are left out`,
  };
}

function fileOf(path: string, image: ImageRecord, isOwn: boolean): string {
  if (isOwn && typeof image.source?.file === 'string') return image.source.file;
  return `${stemOf(path).replace(/(^|\/)JPEGImages\//, '$1Annotations/')}.xml`;
}

function documentOf(path: string, image: ImageRecord, { classes }: WritableDataset, isOwn: boolean): string {
  const kept = isOwn && Array.isArray(image.source?.header) ? (image.source.header as KeptElement[]) : null;
  const header = kept ?? headerOf(baseName(path), image.width ?? 0, image.height ?? 0);
  const objects = image.annotations.flatMap((annotation) => {
    const { annotation: shape } = fitted(annotation);
    return shape ? (objectOf(shape, classes) ?? []) : [];
  });
  return textOfDocument([...header, ...objects]);
}
