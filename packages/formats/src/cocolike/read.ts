import { ClassList } from '../classes.ts';
import { Fingerprints } from '../fingerprints.ts';
import type { ReadBatch, ReadContext, ReadSummary } from '../format.ts';
import { FormatError } from '../format-error.ts';
import { everyFile } from '../listing.ts';
import { ImageFinder } from '../matching/finder.ts';
import { ImagePlacer } from '../matching/place.ts';
import { type ImageEntry, taskTypeOf } from '../model.ts';
import type { FileEntry } from '../source.ts';
import { readClassesFirst, renumbered } from './categories.ts';
import type { Element } from './elements.ts';
import { readLarge } from './large.ts';
import { type ListedImage, openFile, type Reading } from './open-file.ts';
import { keyOf, readSmall, readWaiting, type WaitingFile } from './small.ts';
import { type AnnotationFile, SMALL_BYTES, surveyOf, surveySample } from './survey.ts';

const FILES_AT_ONCE = 100;
/** What files say beside their lists is kept for the writer, of so many of them. */
const MAX_KEPT_FILES = 5000;

/**
 * Reads files of COCO's structure (https://cocodataset.org/#format-data): those that lie side by side are merged, and an
 * annotation that several of them hold is read once, from the file that says most about it.
 */
export async function* readCocoLike(context: ReadContext): AsyncGenerator<ReadBatch, ReadSummary> {
  const { source, listing, report } = context;
  const kept: Element[] = [];
  const reading: Reading = {
    ...context,
    classes: new ClassList(),
    types: new Set(),
    placed: (listing.counts.get('json') ?? 0) > 1 ? new Fingerprints() : null,
    finder: new ImageFinder(source, listing),
    numFiles: 0,
    keep({ path, split, members }) {
      if (kept.length < MAX_KEPT_FILES) kept.push({ path, split, members });
      else if (Object.keys(members).length > 0)
        report.add('not_lossless', { path, detail: 'what the file says beside its lists' });
    },
  };
  const placer = new ImagePlacer<ListedImage>(context, reading.finder);
  const waiting: WaitingFile[] = [];
  for await (const files of filesInOrder(reading)) yield* readFiles(files, placer, waiting, reading);
  const settled = new Map<string, ImageEntry | null>();
  for (const { image, payload } of await placer.settle()) settled.set(keyOf(payload), image);
  for (let at = 0; at < waiting.length; at += FILES_AT_ONCE) {
    yield* readWaiting(waiting.slice(at, at + FILES_AT_ONCE), settled, reading);
  }
  const { classes } = reading.classes;
  return { classes: renumbered(classes, context), taskType: taskTypeOf(reading.types), source: { files: kept } };
}

/**
 * All JSON files: as they come where one is like the other, else those first that say most. A person's key points come
 * with the outline that the instances file has of the same person, too.
 */
async function* filesInOrder(reading: Reading): AsyncGenerator<readonly FileEntry[]> {
  const { source, listing } = reading;
  const kinds = new Set((await surveySample(source, listing)).map(({ holds }) => holds));
  if (kinds.size <= 1) return yield* everyFile(source, listing, 'json');
  const files: AnnotationFile[] = [];
  for await (const some of everyFile(source, listing, 'json')) files.push(...(await surveyOf(source, some)));
  files.sort((a, b) => DETAIL.indexOf(a.holds) - DETAIL.indexOf(b.holds));
  await readClassesFirst(files, reading);
  yield files;
}

const DETAIL: AnnotationFile['holds'][] = ['keypoints', 'objects', 'captions', 'panoptic'];

async function* readFiles(
  files: readonly FileEntry[],
  placer: ImagePlacer<ListedImage>,
  waiting: WaitingFile[],
  reading: Reading,
): AsyncGenerator<ReadBatch> {
  let small: FileEntry[] = [];
  for (const [i, file] of files.entries()) {
    const isSmall = file.sizeBytes <= SMALL_BYTES;
    if (isSmall) small.push(file);
    // In their order: an annotation that two files hold is taken from the first.
    if (small.length > 0 && (!isSmall || small.length === FILES_AT_ONCE || i === files.length - 1)) {
      for (const broken of yield* readSmall(small, placer, waiting, reading)) yield* readStreamed(broken, reading);
      small = [];
    }
    if (isSmall) continue;
    for (const described of await surveyOf(reading.source, [file])) yield* readStreamed(described, reading);
  }
}

async function* readStreamed(file: AnnotationFile, reading: Reading): AsyncGenerator<ReadBatch> {
  const { report } = reading;
  const { path, split } = file;
  yield { images: [], roles: [{ path, kind: 'annotation', split }] };
  if (file.holds === 'panoptic') {
    const detail =
      'panoptic segments (segments_info and PNG maps); bring the instances file of the same images instead';
    report.add('unsupported_annotation', { path, detail });
    return;
  }
  const open = openFile(file, reading);
  try {
    yield* readLarge(open, reading);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    report.add('annotation_file_unreadable', { path, detail: error.message });
  }
  reading.keep(open);
}
