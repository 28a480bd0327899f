import { filesOf, type Listing } from '../listing.ts';
import { baseName, folderOf, splitName, splitOf } from '../paths.ts';
import { type DatasetSource, headOf, tailOf } from '../source.ts';

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

const MAX_FILES = 500;

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
 * The JSON files of COCO's structure (lists of images, annotations and categories). Only their first and last 64 KiB are
 * looked at, so that a file of any size costs the same.
 */
export async function surveyFiles(source: DatasetSource, listing: Listing): Promise<AnnotationFile[]> {
  const found: AnnotationFile[] = [];
  const files = filesOf(listing, 'json').sort((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1));
  for (const file of files.slice(0, MAX_FILES)) {
    const head = await headOf(source, file.path);
    const confidence = source.isListingOnly ? confidenceByName(file.path) : confidenceOf(head);
    if (confidence === 0) continue;
    const both = file.sizeBytes > 64 * 1024 ? head + (await tailOf(source, file)) : head;
    const members = both.replace(ATTRIBUTES, '').matchAll(/"([^"\\]{1,60})"\s*:/g);
    const foreign = [...members].find(([, key = '']) => !OWN_MEMBERS.has(key));
    found.push({
      ...file,
      split: splitOf(file.path) ?? splitOfFileName(file.path),
      confidence,
      holds: holdsWhat(file.path, both),
      // Of a file's name alone, the more common of the two formats is said.
      describesItself: source.isListingOnly || /"info"\s*:\s*\{|"licenses"\s*:\s*\[/.test(both),
      isNamedCoco: COCO_NAMES.test(baseName(file.path)),
      foreignMember: foreign?.[1] ?? null,
    });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether a file is COCO's, and not DICE: by what it says of itself, by its members or by its name. */
export const isCoco = ({ describesItself, isNamedCoco, foreignMember }: AnnotationFile): boolean =>
  describesItself || isNamedCoco || foreignMember !== null;

function confidenceOf(head: string): number {
  if (!/^\uFEFF?\s*\{/.test(head) || /"(shapes|imagePath)"\s*:/.test(head)) return 0;
  const lists = ['images', 'annotations', 'categories'].filter((key) => new RegExp(`"${key}"\\s*:\\s*\\[`).test(head));
  if (lists.length === 3) return 0.98;
  const saysImage = /"file_name"\s*:/.test(head);
  const saysAnnotation = /"(bbox|segmentation|category_id|caption|image_id)"\s*:/.test(head);
  return lists.length > 0 && (saysImage || saysAnnotation) ? 0.95 : 0;
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
