import type { ReadBatch } from '../format.ts';
import { parseLeniently } from '../json/parse.ts';
import type { ElementBatch } from '../json/read.ts';
import type { ImagePlacer } from '../matching/place.ts';
import type { ImageEntry, ImageRecord } from '../model.ts';
import { folderOf } from '../paths.ts';
import { ReportBuilder } from '../report.ts';
import type { FileEntry, FileRole } from '../source.ts';
import { annotationBatch } from './annotations.ts';
import { addCategories, checkCategoryIds } from './categories.ts';
import { type CocoId, type Element, isElement } from './elements.ts';
import {
  keepList,
  type ListedImage,
  namedImages,
  type OpenFile,
  openFile,
  placedBatch,
  type Reading,
  settledRecord,
} from './open-file.ts';
import { type AnnotationFile, describe } from './survey.ts';

/** Files whose names for images wait for a repair, with the ids of these images. */
export type WaitingFile = { file: AnnotationFile; ids: Set<CocoId> };

interface ParsedFile {
  file: AnnotationFile;
  open: OpenFile;
  content: Element;
}

/**
 * Reads files that are small enough to be parsed whole, some hundred at a time: one question to the source for all of
 * their texts, and one for all of their images.
 *
 * @returns those that cannot be parsed, which are read as far as they go
 */
export async function* readSmall(
  files: readonly FileEntry[],
  placer: ImagePlacer<ListedImage>,
  waiting: WaitingFile[],
  reading: Reading,
): AsyncGenerator<ReadBatch, AnnotationFile[]> {
  const texts = await reading.source.texts(files.map(({ path }) => path));
  const parsed: ParsedFile[] = [];
  const broken: AnnotationFile[] = [];
  for (const file of files) {
    const text = texts.get(file.path) ?? '';
    const described = describe(reading.source, file, text);
    if (!described) continue;
    const content = described.holds === 'panoptic' ? null : contentOf(text);
    if (content) parsed.push({ file: described, open: openFile(described, reading), content });
    else broken.push(described);
  }
  const roles = parsed.map(({ open }): FileRole => ({ path: open.path, kind: 'annotation', split: open.split }));
  yield { images: [], roles };
  const images: ImageRecord[] = [];
  const groups = Map.groupBy(parsed, ({ open }) => `${open.split}\0${folderOf(open.path)}`);
  for (const group of groups.values()) {
    const named = group.flatMap(({ open, content }) => listed(open, content, reading));
    const [first] = group;
    if (!first) continue;
    images.push(...placedBatch(await placer.place(first.open.path, first.open.split, named), reading).images);
  }
  for (const { file, open, content } of parsed) {
    const ids = new Set([...open.images].flatMap(([id, image]) => (image === null ? [id] : [])));
    if (ids.size > 0) {
      waiting.push({ file, ids });
      open.isAskedFor = (id) => id === null || !ids.has(id);
    }
    images.push(...annotationBatch(open, batchOf('annotations', content), reading).images);
  }
  for (const { open } of parsed) reading.keep(open);
  yield { images, roles: [] };
  return broken;
}

/** Reads the annotations of images whose names waited, once it is known what has become of these. */
export async function* readWaiting(
  files: readonly WaitingFile[],
  settled: ReadonlyMap<string, ImageEntry | null>,
  reading: Reading,
): AsyncGenerator<ReadBatch> {
  const texts = await reading.source.texts(files.map(({ file }) => file.path));
  const images: ImageRecord[] = [];
  for (const { file, ids } of files) {
    const content = contentOf(texts.get(file.path) ?? '');
    if (!content) continue;
    const open = openFile(file, reading);
    // All but the annotations has been reported already.
    const named = listed(open, content, { ...reading, report: new ReportBuilder() });
    open.isAskedFor = (id) => id !== null && ids.has(id);
    for (const { payload } of named) {
      const image = ids.has(payload.id) ? settled.get(keyOf(payload)) : undefined;
      if (image) images.push(settledRecord(image, payload));
    }
    images.push(...annotationBatch(open, batchOf('annotations', content), reading).images);
  }
  yield { images, roles: [] };
}

export const keyOf = ({ file, id }: ListedImage): string => `${file.path}\0${id}`;

/** What the file says beside its annotations; the images that it lists. */
function listed(open: OpenFile, content: Element, reading: Reading): ReturnType<typeof namedImages> {
  for (const [key, value] of Object.entries(content)) {
    if (key === 'images' || key === 'annotations' || key === 'categories') continue;
    if (Array.isArray(value)) keepList(open, batchOf(key, content), reading);
    else open.members[key] = value;
  }
  addCategories(open, batchOf('categories', content), reading);
  checkCategoryIds(open, reading);
  return namedImages(open, batchOf('images', content), reading);
}

function contentOf(text: string): Element | null {
  const content = parseLeniently(text.replace(/^\uFEFF/, ''));
  return isElement(content) ? content : null;
}

function batchOf(key: string, content: Element): ElementBatch {
  const list = content[key];
  return { kind: 'elements', key, firstIndex: 0, elements: Array.isArray(list) ? list : [], broken: [] };
}
