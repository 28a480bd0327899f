import type { Listing } from '../listing.ts';
import { baseName, extensionOf, folderOf, stemOf } from '../paths.ts';

/** What the path of an image says of it, when it is called like a mask of another one. */
export interface MaskPath {
  /** Whether its values are classes, or number the objects. */
  kind: 'class' | 'object';
  /** Names that the masked image may have, without extension. */
  stems: string[];
  /** A class that a folder between the masks' own and the file names. */
  folderClass: string | null;
}

/** Folders of masks, by the names that tools and published datasets give them. */
const FOLDER =
  /^(.*[ _-])?(masks?|segmentations?|segs?|ground[ _-]?truths?|gts?|annots?|annotations?|labels?|trimaps|labelled|1st_manual)([ _-]?(images?|png|color|raw|ids?|class|\d+))?$|^Segmentation(Class|Object)[^/]*$|^\w+(annot|masks|Masks|_labels|GroundTruth)$/i;
const OBJECTS = /^(Segmentation(Object|Instance)[^/]*|instance(_?masks?|s)?)$/i;
/** What stands behind the image's name in a mask's. */
const SUFFIX =
  /^(.+?)(?:[ _.-]+(?:masks?|labels?|labelIds|seg|segmentation|gt|groundtruth|annotation|anno|L)|(?<=\w)_L)(?:[ _-]?\d{1,3})?$/i;
const MARKED = /[ _.-](mask|masks|seg|segmentation|gt|groundtruth|labelIds|label)([ _-]?\d{1,3})?\.[a-z]+$/i;

export const isMaskFolder = (name: string): boolean => FOLDER.test(name);

/** Null for an image that is not called like a mask. */
export function maskPathOf(path: string): MaskPath | null {
  const folders = folderOf(path).split('/').slice(0, -1);
  const at = folders.findLastIndex(isMaskFolder);
  // Beside its image, a mask is told by its name alone: that of a photograph, or of one in a folder of pictures, says nothing.
  if (at < 0 && (!MARKED.test(path) || /\.jpe?g$/i.test(path) || /(^|\/)JPEGImages\//i.test(path))) return null;
  const stem = stemOf(baseName(path));
  const [, bare] = SUFFIX.exec(stem) ?? [];
  const below = folders.slice(at + 1);
  const around = at > 0 ? (folders[at - 1] ?? null) : null;
  return {
    kind: folders.some((name) => OBJECTS.test(name)) ? 'object' : 'class',
    stems: [...(bare === undefined ? [] : [bare]), stem, ...(around === null ? [] : [around])],
    folderClass: at >= 0 ? (below.at(-1) ?? null) : null,
  };
}

/** Folders of masks that have images, and others that do. */
export function maskFolders(listing: Listing): { masks: string[]; hasOthers: boolean } {
  const masks: string[] = [];
  let hasOthers = false;
  for (const [folder, { images }] of listing.folders) {
    if (images === 0) continue;
    if (folder.split('/').some(isMaskFolder)) masks.push(folder);
    else hasOthers = true;
  }
  return { masks, hasOthers };
}

export const isPng = (path: string): boolean => extensionOf(path) === 'png';
