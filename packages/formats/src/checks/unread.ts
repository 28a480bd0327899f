import { Fingerprints, Hash } from '../fingerprints.ts';
import type { ReadContext } from '../format.ts';
import { extensionOf, folderOf, isArchivePath, isImagePath } from '../paths.ts';
import { type FileEntry, type FileRole, headOf, MAX_TEXT_BYTES } from '../source.ts';
import { tableKindOf } from '../tables/layout.ts';

/** Files whose beginnings are looked at for what they are; of a folder with many of one kind, the first speak for all. */
const MAX_LOOKS = 2000;
const LOOKS_PER_FOLDER = 3;
const HEAD_BYTES = 4096;

/** Pictures, volumes and videos of kinds that nothing here shows. */
const UNSUPPORTED = /\.(exr|hdr|dcm|dicom|nii|nii\.gz|npy|npz|raw|cr2|nef|dng|psd|ico|svg|mp4|avi|mov|mkv|webm)$/i;

/** What files turned out to be: every one that is neither an image nor was read is told of. */
export class FileCoverage {
  readonly #context: ReadContext;
  readonly #read = new Fingerprints();
  readonly #kinds = new Map<string, { looks: number; kind: string | null }>();
  #looks = 0;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  see({ path }: FileRole): void {
    this.#read.add(Hash.of(path));
  }

  async report(): Promise<void> {
    const { source, report } = this.#context;
    for await (const files of source.files()) {
      for (const file of files) {
        const { path, sizeBytes } = file;
        if (isImagePath(path) || this.#read.get(Hash.of(path)) !== 0 || report.tellsOf(path)) continue;
        if (UNSUPPORTED.test(path)) {
          report.add('unsupported_image', { path, detail: extensionOf(path) });
          continue;
        }
        // Whoever received an archive inside of another has told of it.
        if (isArchivePath(path) && tableKindOf(path) === null && report.has('nested_archive')) continue;
        const kind = await this.#kindOf(file);
        if (kind !== null) report.add('annotations_not_read', { path, detail: kind });
        else if (isArchivePath(path)) report.add('unused_file', { path, detail: 'an archive' });
        else
          report.add('unused_file', {
            path,
            ...(sizeBytes > MAX_TEXT_BYTES && /\.(txt|xml|ya?ml)$/i.test(path)
              ? { detail: `${sizeBytes.toLocaleString('en')} bytes are too many for a label file` }
              : {}),
          });
      }
    }
  }

  /** What a file says of images, in words; null for one that says nothing of them, as far as can be told. */
  async #kindOf(file: FileEntry): Promise<string | null> {
    const { source, listing } = this.#context;
    // Without images, files are texts and tables: what they say is told by others.
    if (listing.numImages === 0) return null;
    const key = `${folderOf(file.path)}\0${extensionOf(file.path)}`;
    const known = this.#kinds.get(key) ?? { looks: 0, kind: null };
    if (source.isListingOnly || known.looks >= LOOKS_PER_FOLDER || this.#looks >= MAX_LOOKS) {
      return known.kind ?? kindByName(file.path);
    }
    this.#looks++;
    const head = await headOf(source, file.path, HEAD_BYTES);
    const kind = kindByName(file.path) ?? kindByContent(file.path, head);
    this.#kinds.set(key, { looks: known.looks + 1, kind: known.kind ?? kind });
    return kind;
  }
}

function kindByName(path: string): string | null {
  if (/\.tfrecords?(-\d+-of-\d+)?$/i.test(path)) return 'TFRecord that is damaged, or holds something else than images';
  if (/\.(odgt|manifest)$/i.test(path)) return `a list of annotations (${extensionOf(path)})`;
  if (/(^|\/)labelTxt[^/]*\/[^/]+\.txt$/i.test(path)) return 'labels of DOTA (labelTxt)';
  return /(^|\/)gt\/gt\.txt$/.test(path) ? 'boxes of tracked objects (MOT)' : null;
}

const JSON_KINDS: readonly [string, RegExp][] = [
  ['CreateML', /"annotations?"\s*:\s*\[[\s\S]*"coordinates"\s*:\s*\{/],
  ['VGG Image Annotator', /"(region_attributes|shape_attributes|_via_img_metadata)"\s*:/],
  ['Datumaro', /"items"\s*:\s*\[[\s\S]*"(annotations|media|attr)"|"categories"\s*:\s*\{\s*"label"/],
  ['BDD100K', /"box2d"\s*:\s*\{|"poly2d"\s*:/],
  ['Cityscapes', /"imgHeight"\s*:[\s\S]*"objects"\s*:|"objects"\s*:[\s\S]*"polygon"\s*:/],
  ['Supervisely', /"classTitle"\s*:/],
  ['VoTT', /"visitedAssets"|"boundingBox"\s*:[\s\S]*"tags"\s*:/],
  ['SageMaker Ground Truth', /"source-ref"\s*:/],
  ['COCO', /"(images|annotations|categories)"\s*:\s*\[[\s\S]*"(file_name|image_id|supercategory)"\s*:/],
  ['Label Studio', /"(rectanglelabels|polygonlabels|original_width)"\s*:/],
  ['LabelMe', /"shapes"\s*:\s*\[/],
  ['annotations of some kind', /"(bbox|bounding_?box|polygon|segmentation|label|labels|class|category)"\s*:/i],
];

/** By the beginning of a text: the format where it is known, else that it looks like labels. */
function kindByContent(path: string, head: string): string | null {
  const extension = extensionOf(path);
  const text = head.replace(/^\uFEFF/, '').trimStart();
  if (/^[[{]/.test(text)) {
    const [name] = JSON_KINDS.find(([, pattern]) => pattern.test(text)) ?? [];
    if (name !== undefined) return name;
    if (NAMED_IMAGE.test(text)) return 'JSON that names images';
    return /^(jsonl|ndjson)$/.test(extension) ? 'lines of JSON' : null;
  }
  if (/^(csv|tsv)$/.test(extension)) {
    const [first = ''] = text.split(/\r\n|\n|\r/);
    return `a table whose columns were not understood, or that names none of the images: ${first.slice(0, 200)}`;
  }
  if (text.startsWith('<')) {
    if (/<annotations?[\s>]/.test(text)) return 'XML with annotations';
    return null;
  }
  const labels = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  // All but the last line, which may be cut off.
  const whole = head.length >= HEAD_BYTES ? labels.slice(0, -1) : labels;
  if (whole.length === 0) return null;
  if (whole.every((line) => IMAGE_LINE.test(line))) return 'lines that say something of an image each';
  return whole.every((line) => NUMBERED_LINE.test(line)) ? 'lines of numbers, as labels have' : null;
}

/** A member that is called like an image, or says the name of one. */
const NAMED_IMAGE = /"[^"\n]{1,500}\.(jpe?g|png|bmp|gif|webp|tiff?)"\s*[:,}\]]/i;
/** The name of an image, and something behind it. */
const IMAGE_LINE = /^"?[^\t,;]{1,500}\.(jpe?g|png|bmp|gif|webp|tiff?)(#\d+)?"?[\s,;|:]+\S/i;

/** A word or several, and four numbers or more; or nothing but numbers. */
const NUMBERED_LINE = /^[^\d\s]*[^\d]*(\s|,|^)?-?\d+(\.\d+)?([\s,]+-?\d+(\.\d+)?){3,}([\s,]+\S+)*\s*$/;
