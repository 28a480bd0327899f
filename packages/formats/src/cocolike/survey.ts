import { filesOf, type Listing, spread } from '../listing.ts';
import { baseName, folderOf, splitName, splitOf } from '../paths.ts';
import { type DatasetSource, type FileEntry, headOf, tailOf } from '../source.ts';

/** An annotation file of COCO's structure, as far as its beginning and end tell. */
export interface AnnotationFile {
  path: string;
  sizeBytes: number;
  /** The split that its folder or its name stands for. */
  split: string | null;
  /** 0 to 1, that it is of COCO's structure. */
  confidence: number;
  holds: 'objects' | 'keypoints' | 'captions' | 'panoptic';
  /** Whether it describes itself, by `info` or `licenses`. */
  describesItself: boolean;
  /** Whether it is called as COCO's files are. */
  isNamedCoco: boolean;
  /** The first member that the platform's own writer does not make, or null. */
  foreignMember: string | null;
}

const SAMPLED = 100;
/** Files up to this size are looked at, and read, whole. */
export const SMALL_BYTES = 64 * 1024;

/** Members that the platform's own writer makes; those within `attributes` are people's own. */
const OWN_MEMBERS = new Set(
  `images annotations categories id file_name width height image_id category_id bbox area iscrowd segmentation size
   counts keypoints num_keypoints caption attributes score name supercategory skeleton color date_captured
   split difficult truncated occluded ignore`.split(/\s+/),
);
const ATTRIBUTES = /"attributes"\s*:\s*\{[^{}]*\}/g;

/** Names that COCO's own files, and those of the tools that write it, have. */
const COCO_NAMES = /^(instances|person_keypoints|captions|stuff)_.*\.json$|\.coco\.json$/i;

/**
 * Some JSON files of COCO's structure (lists of images, annotations and categories), by which the format is told. Only
 * their first and last 64 KiB are looked at, so that a file of any size costs the same.
 */
export function surveySample(source: DatasetSource, listing: Listing): Promise<AnnotationFile[]> {
  const known = surveyed.get(listing);
  if (known) return known;
  const paths = new Set(spread(bySize(filesOf(listing, 'json')), 5, SAMPLED));
  const survey = surveyOf(
    source,
    filesOf(listing, 'json').filter(({ path }) => paths.has(path)),
  );
  surveyed.set(listing, survey);
  return survey;
}

/** COCO and DICE ask for the same survey. */
const surveyed = new WeakMap<Listing, Promise<AnnotationFile[]>>();

const bySize = (files: readonly FileEntry[]): FileEntry[] =>
  [...files].sort((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1));

/** Those of the files that are of COCO's structure, in the order of their paths. */
export async function surveyOf(source: DatasetSource, files: readonly FileEntry[]): Promise<AnnotationFile[]> {
  const found: AnnotationFile[] = [];
  for (const file of files) {
    const head = await headOf(source, file.path, SMALL_BYTES);
    const described = describe(source, file, head, file.sizeBytes > SMALL_BYTES ? await tailOf(source, file) : '');
    if (described) found.push(described);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What a file's beginning and end tell; null for one of another structure. */
export function describe(
  { isListingOnly = false }: Pick<DatasetSource, 'isListingOnly'>,
  file: FileEntry,
  head: string,
  tail = '',
): AnnotationFile | null {
  const confidence = isListingOnly ? confidenceByName(file.path) : confidenceOf(head);
  if (confidence === 0) return null;
  const both = head + tail;
  return {
    path: file.path,
    sizeBytes: file.sizeBytes,
    split: splitOf(file.path) ?? splitOfFileName(file.path),
    confidence,
    holds: holdsWhat(file.path, both),
    // Of a file's name alone, the more common of the two formats is said.
    describesItself: isListingOnly || /"info"\s*:\s*\{|"licenses"\s*:\s*\[/.test(both),
    isNamedCoco: COCO_NAMES.test(baseName(file.path)),
    foreignMember: foreignMemberIn(both.replace(ATTRIBUTES, '')),
  };
}

function foreignMemberIn(text: string): string | null {
  for (const [, key = ''] of text.matchAll(/"([^"\\]{1,60})"\s*:/g)) if (!OWN_MEMBERS.has(key)) return key;
  return null;
}

/** Whether a file is COCO's, and not DICE: by what it says of itself, by its members or by its name. */
export const isCoco = ({ describesItself, isNamedCoco, foreignMember }: AnnotationFile): boolean =>
  describesItself || isNamedCoco || foreignMember !== null;

function confidenceOf(head: string): number {
  if (!/^\uFEFF?\s*\{/.test(head) || /"(shapes|imagePath)"\s*:/.test(head)) return 0;
  // Datumaro has lists of annotations, too, inside of its items.
  if (/"items"\s*:\s*\[/.test(head) && /"categories"\s*:\s*\{/.test(head)) return 0;
  const has = (key: string) => new RegExp(`"${key}"\\s*:\\s*\\[`).test(head);
  if (has('images') && has('annotations') && has('categories')) return 0.98;
  const saysImage = has('images') && /"(file_name|coco_url)"\s*:/.test(head);
  const saysAnnotation = has('annotations') && /"image_id"\s*:/.test(head);
  return saysImage || saysAnnotation ? 0.95 : 0;
}

/** Where only names are known. */
function confidenceByName(path: string): number {
  const name = baseName(path);
  if (COCO_NAMES.test(name)) return 0.8;
  return /^_?annotations?.*\.json$|^(train|val|valid|test)\.json$/i.test(name) ? 0.5 : 0;
}

function holdsWhat(path: string, text: string): AnnotationFile['holds'] {
  if (/"segments_info"\s*:/.test(text)) return 'panoptic';
  const name = baseName(path).toLowerCase();
  if (name.includes('keypoints') || /"num_keypoints"\s*:/.test(text)) return 'keypoints';
  return name.startsWith('captions') || (/"caption"\s*:/.test(text) && !/"category_id"\s*:/.test(text))
    ? 'captions'
    : 'objects';
}

/** `instances_train2017.json`, `val.json`: the split may stand in the file's name. */
function splitOfFileName(path: string): string | null {
  for (const word of baseName(path).split(/[^a-zA-Z]+/)) {
    const split = splitName(word);
    if (split) return split;
  }
  return null;
}

/** The files of a survey in words. */
export function nameFiles(files: readonly AnnotationFile[]): string {
  const [first] = files;
  if (!first) return '';
  const more = files.length - 1;
  return more === 0 ? first.path : `${first.path} and ${more} more in ${folderOf(first.path) || 'the top folder'}`;
}
