import type { FormatWriter, OutputFile, WritableDataset } from '../format.ts';
import type { ImageRecord } from '../model.ts';
import { folderOf } from '../paths.ts';
import { UniquePaths } from '../writing/names.ts';
import { boxed, lostAttributes, splitsOf } from '../writing/shapes.ts';

/** A folder per split with its images and a `metadata.jsonl`, as the `datasets` library loads it. */
export const hfMetadataWriter: FormatWriter = {
  format: 'hf_metadata',
  losesUnusedClasses: true,

  *losses(image, dataset) {
    if (!image.isLabeled && dataset.format !== 'hf_metadata') yield 'images without labels are listed as empty';
    for (const annotation of image.annotations) {
      if (annotation.type === 'classification') yield* lostAttributes(annotation, new Set());
      else if (annotation.type === 'caption') {
        yield* lostAttributes(annotation, new Set());
        if (annotation.geometry.caption === '') yield 'empty captions are left out';
      } else {
        const { loss } = boxed(annotation);
        if (loss) yield loss;
        for (const key of Object.keys(annotation.attributes))
          if (RESERVED.has(key)) yield `the attribute "${key}" is left out: a column of the format is called so`;
      }
    }
  },

  async *write(dataset): AsyncGenerator<OutputFile> {
    const isOwn = dataset.format === 'hf_metadata';
    const paths = await UniquePaths.open(dataset, (image) => placeOf(image, isOwn));
    const pathOf = (image: ImageRecord) => (isOwn ? image.path : paths.of(image));
    const files = new Map<string, (image: ImageRecord) => boolean>();
    if (isOwn) {
      for await (const batch of dataset.images()) {
        for (const image of batch) files.set(fileOf(image), (other) => fileOf(other) === fileOf(image));
      }
    } else {
      for (const split of await splitsOf(dataset)) {
        files.set(`${split === null ? '' : `${split}/`}metadata.jsonl`, (image) => image.split === split);
      }
    }
    for (const [path, isInFile] of files) yield { path, text: linesOf(dataset, path, isInFile, pathOf) };
    for await (const batch of dataset.images()) {
      for (const image of batch) yield { path: pathOf(image), copyOf: image.path };
    }
  },
};

const RESERVED = new Set(['bbox', 'categories', 'category', 'bboxes', 'box', 'boxes', 'labels', 'label', 'classes']);

/** The library finds images below their metadata file only. */
function placeOf(image: ImageRecord, isOwn: boolean): string {
  const { path, split } = image;
  return isOwn || split === null || path.startsWith(`${split}/`) ? path : `${split}/${path}`;
}

/** The file that an image of the format was read from, which is written as JSON Lines. */
function fileOf(image: ImageRecord): string {
  const file = typeof image.source?.file === 'string' ? image.source.file : `${folderOf(image.path)}metadata.jsonl`;
  return file.replace(/\.csv$/i, '.jsonl');
}

async function* linesOf(
  dataset: WritableDataset,
  file: string,
  isInFile: (image: ImageRecord) => boolean,
  pathOf: (image: ImageRecord) => string,
): AsyncGenerator<string> {
  const isOwn = dataset.format === 'hf_metadata';
  for await (const batch of dataset.images()) {
    const lines = batch
      .filter((image) => isInFile(image) && (!isOwn || image.isLabeled))
      .map((image) => `${JSON.stringify(rowOf(image, dataset, pathOf(image).slice(folderOf(file).length)))}\n`);
    if (lines.length > 0) yield lines.join('');
  }
}

function rowOf(image: ImageRecord, { classes, format }: WritableDataset, name: string): Record<string, unknown> {
  const isOwn = format === 'hf_metadata';
  const nameOf = (index: number | null): string => classes[index ?? -1]?.name ?? '';
  const labels = image.annotations.flatMap(({ type, classIndex }) =>
    type === 'classification' ? [nameOf(classIndex)] : [],
  );
  const captions = image.annotations.flatMap(({ type, geometry }) =>
    type === 'caption' && geometry.caption !== '' ? [geometry.caption] : [],
  );
  const objects = image.annotations.flatMap((annotation) => {
    if (annotation.type === 'classification' || annotation.type === 'caption') return [];
    const { box } = boxed(annotation);
    return box ? [{ bbox: box, categories: nameOf(annotation.classIndex), attributes: annotation.attributes }] : [];
  });
  return {
    file_name: isOwn && typeof image.source?.name === 'string' ? image.source.name : name,
    ...(labels.length === 1 ? { label: labels[0] } : labels.length > 1 ? { labels } : {}),
    ...(captions.length === 1 ? { text: captions[0] } : captions.length > 1 ? { captions } : {}),
    ...(objects.length > 0 ? { objects: columnsOf(objects) } : {}),
    ...(isOwn && typeof image.source?.others === 'object' ? image.source.others : {}),
  };
}

/** An object of lists, one item per object; what an object does not say is null. */
function columnsOf(
  objects: readonly { bbox: unknown; categories: string; attributes: Record<string, unknown> }[],
): Record<string, unknown[]> {
  const keys = new Set(
    objects.flatMap(({ attributes }) => Object.keys(attributes).filter((key) => !RESERVED.has(key))),
  );
  return {
    bbox: objects.map(({ bbox }) => bbox),
    categories: objects.map(({ categories }) => categories),
    ...Object.fromEntries([...keys].map((key) => [key, objects.map(({ attributes }) => attributes[key] ?? null)])),
  };
}
