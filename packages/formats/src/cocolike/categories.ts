import type { ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { type ElementBatch, readJson } from '../json/read.ts';
import { tailOf } from '../source.ts';
import { idOf, isElement } from './elements.ts';
import type { OpenFile, Reading } from './open-file.ts';
import type { AnnotationFile } from './survey.ts';

/** Members that may be integers beyond 2^53. */
export const ID_MEMBERS = ['id', 'image_id', 'category_id'];

/** Files of key points know but one class: the order of the classes is that of the files of objects. */
export async function readClassesFirst(files: readonly AnnotationFile[], reading: Reading): Promise<void> {
  if (!files.some(({ holds }) => holds === 'keypoints')) return;
  for (const { path } of files.filter(({ holds }) => holds === 'objects')) {
    try {
      const lists = readJson(reading.source.stream(path), (key) => key === 'categories', ID_MEMBERS);
      for await (const batch of lists) {
        if (batch.kind !== 'elements') continue;
        for (const element of batch.elements) {
          if (isElement(element) && typeof element.name === 'string') {
            const { name, ...source } = element;
            reading.classes.indexOf(name, source);
          }
        }
      }
    } catch (error) {
      // Reported when the file is read for its annotations.
      if (!(error instanceof FormatError)) throw error;
    }
  }
}

/** What the end of a file is looked at for its list of categories: the largest that are met take a third of it. */
const TAIL_BYTES = 1024 * 1024;

/**
 * COCO's own files, and most others, have their categories at the end: read from there, they spare a second pass over
 * the annotations before them. What begins with `"categories"` and goes on to the end of the file as the rest of one
 * object is the list; anything else of that name is not.
 */
export async function readLastCategories(file: OpenFile, reading: Reading): Promise<boolean> {
  const tail = await tailOf(reading.source, file, TAIL_BYTES);
  const at = tail.lastIndexOf('"categories"');
  if (at < 0) return false;
  const found: ElementBatch[] = [];
  try {
    for await (const item of readJson(once(`{${tail.slice(at)}`), (key) => key === 'categories', ID_MEMBERS)) {
      if (item.kind === 'elements') found.push(item);
    }
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
  for (const batch of found) {
    reportBroken(file, batch, reading);
    addCategories(file, batch, reading);
  }
  return true;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

export function addCategories(
  file: OpenFile,
  { elements, firstIndex }: ElementBatch,
  { classes, report }: Reading,
): void {
  const names = new Map<string | undefined, number>();
  for (const index of file.categories.values()) {
    const name = classes.classes[index]?.name;
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  elements.forEach((element, i) => {
    if (element === undefined) return;
    const id = isElement(element) ? idOf(element.id) : null;
    if (!isElement(element) || id === null || typeof element.name !== 'string') {
      report.add('bad_annotation', {
        path: file.path,
        pointer: `categories[${firstIndex + i}]`,
        detail: 'a category without id or name',
      });
      return;
    }
    const { name, ...source } = element;
    if (file.categories.has(id)) {
      const detail = `category id ${id} again, for ${name}`;
      report.add('duplicate_class', { path: file.path, pointer: `categories[${firstIndex + i}].id`, detail });
      return;
    }
    const number = names.get(name) ?? 0;
    names.set(name, number + 1);
    // The second category of a name in one file is that of the next file, too.
    file.categories.set(
      id,
      number > 0
        ? classes.indexOfRepeated(name, number, { ...source, file: file.path })
        : classes.indexOf(name, source),
    );
  });
}

export function checkCategoryIds({ path, categories }: OpenFile, { report, repairs }: Reading): void {
  const ids = [...categories.keys()];
  if (ids.length === 0 || repairs.has('renumber_categories')) return;
  // COCO's own ids have gaps: 80 classes, numbered up to 90.
  const isUsual = ids.every((id) => typeof id === 'number' && id >= 1 && id <= Math.max(100, ids.length * 10));
  if (isUsual) return;
  const some = ids.slice(0, 5).join(', ');
  report.add('unusual_category_ids', { path, detail: `${some}${ids.length > 5 ? ', …' : ''}` });
  ids.forEach((id, index) => {
    if (id !== index + 1) report.propose('renumber_categories', { path, from: String(id), to: String(index + 1) });
  });
}

export function renumbered(classes: ReadSummary['classes'], { repairs }: ReadContext): ReadSummary['classes'] {
  if (!repairs.has('renumber_categories')) return classes;
  return classes.map(({ name, source }, index) => ({ name, source: { ...source, id: index + 1 } }));
}

export function reportBroken({ path }: OpenFile, { key, firstIndex, broken }: ElementBatch, { report }: Reading): void {
  for (const { index, reason } of broken) {
    report.add('bad_annotation', { path, pointer: `${key}[${firstIndex + index}]`, detail: reason });
  }
}
