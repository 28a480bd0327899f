import type { ReadBatch } from '../format.ts';
import { readJson } from '../json/read.ts';
import { ImagePlacer } from '../matching/place.ts';
import { annotationBatch } from './annotations.ts';
import { addCategories, checkCategoryIds, ID_MEMBERS, readLastCategories, reportBroken } from './categories.ts';
import {
  keepList,
  type ListedImage,
  namedImages,
  type OpenFile,
  placedBatch,
  type Reading,
  settleImages,
} from './open-file.ts';

/**
 * The lists may stand in any order: annotations that come before what they point to are passed over, and read in a
 * second pass.
 */
export async function* readLarge(file: OpenFile, reading: Reading): AsyncGenerator<ReadBatch> {
  const placer = new ImagePlacer<ListedImage>(reading, reading.finder);
  const seen = new Set<string>();
  const needed = file.holds === 'captions' ? ['images'] : ['images', 'categories'];
  let hasPassedOver = false;
  let areImagesSettled = false;
  const isWanted = (key: string) => {
    if (key === '') return false;
    if (key === 'annotations' && !needed.every((list) => seen.has(list))) {
      hasPassedOver = true;
      return false;
    }
    seen.add(key);
    return true;
  };
  if (needed.includes('categories') && (await readLastCategories(file, reading))) seen.add('categories');
  const hasCategories = seen.has('categories');
  for await (const item of readJson(reading.source.stream(file.path), isWanted, ID_MEMBERS)) {
    if (item.kind === 'value') {
      file.members[item.key] = item.value;
      continue;
    }
    if (item.kind === 'left_out') {
      reading.report.add('not_lossless', { path: file.path, detail: item.reason });
      continue;
    }
    reportBroken(file, item, reading);
    if (item.key === 'categories') {
      if (hasCategories) continue;
      addCategories(file, item, reading);
    } else if (item.key === 'images') {
      yield placedBatch(await placer.place(file.path, file.split, namedImages(file, item, reading)), reading);
    } else if (item.key === 'annotations') {
      if (!areImagesSettled) yield await settleImages(placer);
      areImagesSettled = true;
      yield annotationBatch(file, item, reading);
    } else {
      keepList(file, item, reading);
    }
  }
  if (!areImagesSettled) yield await settleImages(placer);
  checkCategoryIds(file, reading);
  if (!hasPassedOver) return;
  const again = readJson(reading.source.stream(file.path), (key) => key === 'annotations', ID_MEMBERS);
  for await (const item of again) {
    if (item.kind !== 'elements') continue;
    reportBroken(file, item, reading);
    yield annotationBatch(file, item, reading);
  }
}
