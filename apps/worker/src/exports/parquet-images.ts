import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '@granary/db';
import { extentOf, type WritableDataset } from '@granary/formats';
import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { stringify } from 'yaml';
import { type ExportItem, wholeText } from './item.ts';
import type { Order } from './order.ts';
import { annotationsOf, nameOfSplit, openShard, planShards, type Shard, type ShardImage, wholeOf } from './shards.ts';
import type { StoredFiles } from './stored.ts';

const LIMITS = { bytes: 400_000_000, images: 50_000 };
/** A row group is in memory while it is written. */
const GROUP = { bytes: 32_000_000, images: 500 };

/**
 * Parquet with the images in it, as the `datasets` library loads it: a struct of bytes and path for each, and its features in
 * the footer (`huggingface`): https://huggingface.co/docs/datasets/image_dataset
 *
 * @param folder for a shard while it is written
 */
export async function* parquetImageItems(
  database: Database,
  order: Order,
  { stored, folder }: { stored: StoredFiles; folder: string },
): AsyncGenerator<ExportItem> {
  const shards = await planShards(database, order, LIMITS);
  const ofSplit = Map.groupBy(shards, ({ split }) => nameOfSplit(split));
  yield { path: 'README.md', text: wholeText(cardOf(order, [...ofSplit.keys()])) };
  for (const [split, own] of ofSplit) {
    for (const [index, shard] of own.entries()) {
      const path = `data/${split}-${number(index)}-of-${number(own.length)}.parquet`;
      const content = async function* () {
        const file = join(folder, 'shard.parquet');
        try {
          await writeShard(database, order, shard, { stored, file });
          yield* createReadStream(file);
        } finally {
          await rm(file, { force: true });
        }
      };
      yield { path, content };
    }
  }
}

const number = (value: number): string => String(value).padStart(5, '0');

async function writeShard(
  database: Database,
  order: Order,
  shard: Shard,
  { stored, file }: { stored: StoredFiles; file: string },
): Promise<void> {
  const { dataset, images } = await openShard(database, order, shard);
  const columns = columnsOf(dataset);
  const info = { features: Object.fromEntries(columns.map(({ name, feature }) => [name, feature])) };
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: [{ name: 'root', num_children: columns.length }, ...columns.flatMap(({ schema }) => schema)],
    // Images are compressed already.
    codec: 'UNCOMPRESSED',
    statistics: false,
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info }) }],
    createdBy: 'granary',
  });
  for await (const rows of groupsOf(images(), stored)) {
    const columnData = columns.map(({ name, cellOf }) => ({ name, data: rows.map(cellOf) }));
    await writer.write({ columnData, rowGroupSize: rows.length });
  }
  await writer.finish();
}

interface Row extends ShardImage {
  bytes: Buffer;
}

async function* groupsOf(images: AsyncIterable<ShardImage>, stored: StoredFiles): AsyncGenerator<Row[]> {
  let rows: Row[] = [];
  let length = 0;
  for await (const { image, file } of images) {
    const bytes = await stored.whole(file);
    rows.push({ image, file, bytes });
    length += bytes.length;
    if (length < GROUP.bytes && rows.length < GROUP.images) continue;
    yield rows;
    [rows, length] = [[], 0];
  }
  if (rows.length > 0) yield rows;
}

interface ImageColumn {
  name: string;
  schema: SchemaElement[];
  /** As the `datasets` library describes it. */
  feature: unknown;
  cellOf(row: Row): unknown;
}

/** The columns that a task has; `annotations` has all that is said, as JSON. */
function columnsOf(dataset: WritableDataset): ImageColumn[] {
  const names = dataset.classes.map(({ name }) => name);
  const classLabel = { names, _type: 'ClassLabel' };
  const value = (dtype: string) => ({ dtype, _type: 'Value' });
  const text = (name: string, cellOf: ImageColumn['cellOf']): ImageColumn => ({
    name,
    schema: [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }],
    feature: value('string'),
    cellOf,
  });
  const size = (name: 'width' | 'height'): ImageColumn => ({
    name,
    schema: [{ name, type: 'INT32', repetition_type: 'OPTIONAL' }],
    feature: value('int32'),
    cellOf: ({ image }) => image[name],
  });
  const picture: ImageColumn = {
    name: 'image',
    schema: [
      { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
    feature: { _type: 'Image' },
    cellOf: ({ file, bytes }) => ({ bytes, path: file.path.slice(file.path.lastIndexOf('/') + 1) }),
  };
  return [
    picture,
    text('path', ({ file }) => file.path),
    size('width'),
    size('height'),
    ...ofTask(dataset, classLabel, text),
    text('annotations', ({ image }) => JSON.stringify(annotationsOf(image, dataset))),
  ];
}

function ofTask(
  dataset: WritableDataset,
  classLabel: object,
  text: (name: string, cellOf: ImageColumn['cellOf']) => ImageColumn,
): ImageColumn[] {
  switch (dataset.taskType) {
    case null:
    case 'text':
      return [];
    case 'image_captioning':
      return [text('caption', ({ image }) => wholeOf(image, dataset).captions[0] ?? null)];
    case 'image_classification':
    case 'anomaly_detection':
      return [
        {
          name: 'label',
          schema: [{ name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' }],
          feature: classLabel,
          cellOf({ image }) {
            const first = image.annotations.find(({ type }) => type === 'classification')?.classIndex ?? null;
            return first === null ? null : BigInt(first);
          },
        },
      ];
    default:
      return [objectsColumn(classLabel)];
  }
}

/** The boxes of an image and their classes: two lists of the same length. */
function objectsColumn(classLabel: object): ImageColumn {
  const list = (name: string): SchemaElement[] => [
    { name, num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  ];
  const box = { feature: { dtype: 'float32', _type: 'Value' }, length: 4, _type: 'Sequence' };
  return {
    name: 'objects',
    schema: [
      { name: 'objects', num_children: 2, repetition_type: 'OPTIONAL' },
      ...list('bbox'),
      ...list('element'),
      { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' },
      ...list('category'),
      { name: 'element', type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
    feature: {
      bbox: { feature: box, _type: 'Sequence' },
      category: { feature: classLabel, _type: 'Sequence' },
    },
    cellOf({ image }) {
      const boxes = image.annotations.flatMap((annotation) => {
        const extent = extentOf(annotation);
        return extent && annotation.classIndex !== null ? [{ extent, category: BigInt(annotation.classIndex) }] : [];
      });
      return { bbox: boxes.map(({ extent }) => extent), category: boxes.map(({ category }) => category) };
    },
  };
}

/** What the Hub's clients read first: where each split is. */
function cardOf({ dataset: { name, license, description } }: Order, splits: readonly string[]): string {
  const files = splits.map((split) => ({ split, path: `data/${split}-*` }));
  const about = {
    ...(license ? { license: license.toLowerCase() } : {}),
    pretty_name: name,
    configs: [{ config_name: 'default', data_files: files }],
  };
  return `---\n${stringify(about)}---\n\n# ${name}\n\n${description}\n`;
}
