import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import { flatName, UniquePaths } from '../writing/names.ts';
import { lostAttributes, nameOf } from '../writing/shapes.ts';
import { isPartOfRecording, mayBeClass, splitOfFolder, WITHOUT_SPLIT } from './layout.ts';

const KEPT = new Set<string>();

/** A folder per class: `[split/]{class}/{image}`. */
export const imageFolderWriter: FormatWriter = {
  format: 'imagefolder',
  losesUnusedClasses: true,

  *losses(image, dataset) {
    const labels = image.annotations.filter(({ type }) => type === 'classification');
    if (labels.length === 0) yield 'images without a class are left out';
    const [first] = labels;
    const name = first?.classIndex == null ? null : dataset.classes[first.classIndex]?.name;
    if (name != null && folderOfClass(name) !== name) yield `the class "${name}" is called "${folderOfClass(name)}"`;
    if (labels.length > 1) yield 'images of several classes keep the first';
    for (const annotation of image.annotations) {
      if (annotation.type !== 'classification') yield `${nameOf(annotation.type)} are left out`;
      else if (dataset.format !== 'imagefolder') yield* lostAttributes(annotation, KEPT);
    }
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    const outside = (await hasSplitsAndNone(dataset)) ? `${WITHOUT_SPLIT}/` : '';
    const paths = await UniquePaths.open(dataset, (image) => placeOf(image, dataset, outside) ?? image.path);
    for await (const batch of dataset.images()) {
      for (const image of batch) {
        const place = placeOf(image, dataset, outside);
        if (place !== null) yield { path: place === image.path ? place : paths.of(image), copyOf: image.path };
      }
    }
  },
};

/** Whether some images are in a split and others in none: then those need a folder that is no class either. */
async function hasSplitsAndNone(dataset: WritableDataset): Promise<boolean> {
  const kinds = new Set<boolean>();
  for await (const batch of dataset.images()) for (const { split } of batch) kinds.add(split !== null);
  return kinds.size > 1;
}

/** Null for an image without a class. */
function placeOf(image: ImageRecord, { format, classes }: WritableDataset, outside: string): string | null {
  const label = image.annotations.find(({ type }) => type === 'classification');
  const name = label?.classIndex == null ? undefined : classes[label.classIndex]?.name;
  if (name === undefined) return null;
  if (format === 'imagefolder' && image.className === name) return image.path;
  if (format === 'imagefolder' && image.className !== null) {
    const segments = image.path.split('/');
    const at = segments.lastIndexOf(image.className, segments.length - 2);
    if (at >= 0) return segments.with(at, folderOfClass(name)).join('/');
  }
  return `${image.split ? `${image.split}/` : outside}${folderOfClass(name)}/${flatName(image.path)}`;
}

/** A class's name as a folder that is read as a class again, and by file systems at all. */
function folderOfClass(name: string): string {
  const folder =
    name
      .normalize('NFC')
      .replaceAll(/[/\\\p{Cc}]/gu, '_')
      .replace(/^\.+/, '_')
      .trim() || '_';
  if (splitOfFolder(folder) !== null) return `${folder.replace(/[^\p{L}\p{N}]+|\d/gu, '')}_`;
  return mayBeClass(folder) && !isPartOfRecording(folder) ? folder : `${folder}_`;
}
