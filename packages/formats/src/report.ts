import { Fingerprints, Hash } from './fingerprints.ts';
import { REPAIRS, type Repair, type RepairCode, type RepairPreview } from './repairs.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Where a finding is: a file, and what in it. */
export interface Example {
  path: string;
  line?: number | undefined;
  /** Where in a JSON file, such as `annotations[17].bbox`. */
  pointer?: string | undefined;
  /** The image that it is about, where that is another file. */
  image?: string | undefined;
  detail?: string | undefined;
}

export interface Issue {
  code: IssueCode;
  severity: Severity;
  message: string;
  count: number;
  /** The first ones, at most {@link MAX_EXAMPLES}. */
  examples: Example[];
}

export interface Report {
  issues: Issue[];
  repairs: Repair[];
  /**
   * Whether all that the annotation files say would come back if the dataset were written in its own format again; what
   * would not is among the issues. Null for a format that is not written.
   */
  lossless: boolean | null;
}

export const MAX_EXAMPLES = 100;
const MAX_PREVIEWS = 20;

/** Every finding there is: how bad, and in words for the person who brought the data; `[one|many]` follow the count. */
export const ISSUES = {
  unsafe_path: [
    'warning',
    '[file was|files were] left out: the path leads outside the dataset or has characters that are not allowed',
  ],
  not_a_file: ['warning', '[entry was|entries were] left out: links, devices and other special entries are not files'],
  name_too_long: ['warning', '[file was|files were] left out: the path is longer than 900 bytes'],
  duplicate_entry: ['warning', '[file was|files were] left out: an entry with the same path came before'],
  path_conflict: ['warning', '[file was|files were] left out: a file and a folder would have the same name'],
  reserved_name: [
    'info',
    '[file has|files have] a name of Granary\u2019s own: it writes meta.json at the top itself, and keeps another one as meta.own.json',
  ],
  not_a_label: ['info', '[file was|files were] left out: you asked for labels only'],
  kept_existing: ['info', '[file was|files were] left out: the dataset already has a file at that path'],
  skipped_junk: ['info', '[file was|files were] skipped: system files, not data'],
  nested_archive: ['info', '[archive|archives] inside the upload [was|were] kept without unpacking'],
  image_unreadable: ['error', '[file|files] cannot be read as [an image|images]'],
  image_truncated: ['error', '[image is|images are] truncated: the end is missing'],
  image_too_large: ['warning', '[image is|images are] too large to be shown: more pixels than the limit'],
  image_rotated: ['info', '[photograph is|photographs are] rotated by EXIF orientation; sizes are as displayed'],
  config_unreadable: [
    'warning',
    'description[|s] of the dataset could not be read; class names and splits were taken from the files',
  ],
  class_count_mismatch: [
    'warning',
    '[file disagrees with itself|files disagree with themselves]: the stated number of classes differs from the number of names',
  ],
  unknown_class: ['warning', '[annotation names|annotations name] a class that is not in the class list'],
  duplicate_class: ['warning', '[class has|classes have] the same name as another one'],
  bad_label_line: ['error', 'label [line|lines] could not be read and [was|were] left out'],
  pixel_coordinates: [
    'error',
    'label [line has|lines have] pixels instead of fractions of the image (0 to 1), and [was|were] left out',
  ],
  mixed_line_formats: [
    'warning',
    'label [line is|lines are] of a different kind than the rest (such as boxes among polygons); each was read as what it is',
  ],
  content_not_given: ['info', '[file is|files are] known by name only; what depends on the content was not checked'],
  label_not_text: ['error', 'label [file is|files are] not text or too long, and [was|were] left out'],
  label_unreadable: ['error', 'label [file|files] could not be read'],
  label_without_image: ['warning', 'label [file has|files have] no image'],
  listed_image_missing: ['warning', '[line|lines] in lists of images [names|name] an image that is not in the dataset'],
  bad_annotation: ['error', '[annotation|annotations] could not be read and [was|were] left out'],
  bad_box: [
    'error',
    '[annotation has|annotations have] no valid shape (not a number, or missing) and [was|were] left out',
  ],
  bad_outline: [
    'error',
    '[annotation has|annotations have] an outline, a mask or keypoints that could not be read; the rest of [it|them] was kept',
  ],
  zero_area: ['warning', '[shape has|shapes have] no area'],
  out_of_bounds: ['warning', '[shape reaches beyond its|shapes reach beyond their] image'],
  duplicate_annotation: ['warning', '[annotation repeats|annotations repeat] another one of the same image'],
  duplicate_annotation_id: ['warning', 'annotation [id occurs|ids occur] more than once in one file'],
  merged_annotation: ['info', '[annotation is|annotations are] in several files, and [was|were] imported once'],
  unsupported_annotation: [
    'warning',
    '[annotation is|annotations are] of a kind that is not supported, and [was|were] left out',
  ],
  annotation_file_unreadable: ['error', 'annotation [file|files] could not be read, or only in part'],
  dimensions_disagree: ['warning', '[image has|images have] different dimensions than the annotations say'],
  filename_disagrees: [
    'info',
    'label [file names|files name] a different image than the one with the same name; the name of the label file was used',
  ],
  unmatched_image: ['error', '[image|images] named in the annotations [was|were] not found among the files'],
  ambiguous_image: ['error', '[image|images] named in the annotations [fits|fit] more than one file'],
  duplicate_image_id: ['warning', 'image [id occurs|ids occur] more than once in one annotation file'],
  duplicate_image_name: ['warning', '[image is|images are] listed more than once in one annotation file'],
  dangling_annotation: [
    'error',
    '[annotation points|annotations point] to an image that the file does not list, and [was|were] left out',
  ],
  unplaced_annotation: [
    'error',
    '[annotation belongs|annotations belong] to images that were not found, and [was|were] left out',
  ],
  dangling_category: [
    'error',
    '[annotation points|annotations point] to a category that the file does not list, and [was|were] left out',
  ],
  unusual_category_ids: ['info', '[file has|files have] category ids that are not small numbers from 1'],
  split_overlap: ['warning', '[image is|images are] in more than one split, with the same content'],
  labels_lost: [
    'error',
    '[image has|images have] labels, but none could be read: [it counts|they count] as unlabeled, not as empty',
  ],
  prediction_kept: [
    'info',
    '[prediction of a model was|predictions of models were] kept as [a draft|drafts] to confirm',
  ],
  prediction_left_out: [
    'info',
    '[prediction of a model was|predictions of models were] left out: people have annotated the same images',
  ],
  several_annotators: [
    'warning',
    '[image was|images were] annotated by several people: all annotations are kept, with who made them ("annotator")',
  ],
  mask_empty: [
    'info',
    '[mask marks|masks mark] nothing, all pixels being background: [its image counts|their images count] as without objects',
  ],
  image_without_labels: ['info', '[image has|images have] no labels'],
  unsupported_image: [
    'warning',
    '[file is a picture or a video|files are pictures or videos] of a kind that cannot be shown: convert [it|them] to PNG or JPEG',
  ],
  annotations_not_read: [
    'warning',
    '[file looks|files look] like annotations but [was|were] not read: [it is|they are] kept as [a file|files]',
  ],
  unused_file: ['info', '[file was|files were] kept but not read: neither an image nor a label of the detected format'],
  rows_not_read: ['warning', '[file|files] that may hold rows [was|were] kept but not read'],
  row_image_missing: ['warning', '[row names an image|rows name images] that the dataset does not have'],
  card_followed: [
    'info',
    'dataset [card was|cards were] followed: subsets and splits are as the configs of README.md say',
  ],
  card_unmatched: ['warning', '[pattern|patterns] of the dataset card [matches|match] no file'],
  csv_layout: ['info', 'CSV [file was|files were] read in a way worth a look'],
  empty_table: ['warning', '[file has|files have] no rows'],
  not_lossless: ['info', '[detail|details] would be lost in an export in the original format'],
} as const satisfies Record<string, readonly [Severity, string]>;

/** `3 images were left out.`, of a count and a text with `[one|many]` in it. */
function sentence(count: number, text: string): string {
  const counted = text.replace(/\[([^\]|]*)\|([^\]]*)\]/g, count === 1 ? '$1' : '$2');
  return `${count.toLocaleString('en')} ${counted}.`;
}

/** Findings of something that the files say and the dataset does not have. */
const LOSSES: readonly IssueCode[] = [
  'annotations_not_read',
  'bad_outline',
  'prediction_left_out',
  'not_lossless',
  'pixel_coordinates',
  'bad_label_line',
  'label_not_text',
  'label_unreadable',
  'label_without_image',
  'bad_annotation',
  'bad_box',
  'unsupported_annotation',
  'annotation_file_unreadable',
  'unmatched_image',
  'ambiguous_image',
  'duplicate_image_id',
  'dangling_annotation',
  'unplaced_annotation',
  'dangling_category',
];

export type IssueCode = keyof typeof ISSUES;

/** Findings of an annotation of an image that is left out. */
const REFUSALS: readonly IssueCode[] = [
  'bad_label_line',
  'pixel_coordinates',
  'bad_annotation',
  'bad_box',
  'unsupported_annotation',
  'dangling_category',
];

/** Findings of a file as a whole. */
const OF_FILES: readonly IssueCode[] = [
  'config_unreadable',
  'annotation_file_unreadable',
  'label_unreadable',
  'label_not_text',
  'label_without_image',
  'rows_not_read',
  'card_followed',
];

export function isIssueCode(code: string): code is IssueCode {
  return Object.hasOwn(ISSUES, code);
}

const ORDER: Severity[] = ['error', 'warning', 'info'];

/** Gathers findings and proposals while a dataset is read; memory is bounded by the number of codes. */
export class ReportBuilder {
  readonly #found = new Map<IssueCode, { count: number; examples: Example[] }>();
  readonly #proposed = new Map<RepairCode, { affects: number; preview: RepairPreview[]; isSafe: boolean }>();

  readonly #told = new Fingerprints();
  /** How many annotations were left out so far. */
  numRefused = 0;

  add(code: IssueCode, example: Example, count = 1): void {
    if (REFUSALS.includes(code)) this.numRefused += count;
    if (OF_FILES.includes(code)) this.#told.add(Hash.of(example.path));
    const issue = this.#found.get(code) ?? { count: 0, examples: [] };
    issue.count += count;
    if (issue.examples.length < MAX_EXAMPLES) issue.examples.push(example);
    this.#found.set(code, issue);
  }

  /** Whether a finding is about this file as a whole. */
  tellsOf(path: string): boolean {
    return this.#told.get(Hash.of(path)) !== 0;
  }

  has(code: IssueCode): boolean {
    return this.#found.has(code);
  }

  /** @param isSafe false where this case of a repair that is safe as a rule needs a person's eye */
  propose(code: RepairCode, preview: RepairPreview, isSafe = true): void {
    const repair = this.#proposed.get(code) ?? { affects: 0, preview: [], isSafe: REPAIRS[code].safe };
    repair.affects++;
    if (!isSafe) repair.isSafe = false;
    if (repair.preview.length < MAX_PREVIEWS) repair.preview.push(preview);
    this.#proposed.set(code, repair);
  }

  /** @param isWritten whether the dataset's format can be written again */
  build(isWritten = false): Report {
    const issues = [...this.#found].map(([code, { count, examples }]) => {
      const [severity, text] = ISSUES[code];
      return { code, severity, message: sentence(count, text), count, examples };
    });
    issues.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || b.count - a.count);
    const repairs = [...this.#proposed].map(([code, { affects, preview, isSafe }]) => {
      const message = sentence(affects, REPAIRS[code].text);
      return { code, message, safe: isSafe, affects, preview };
    });
    const lossless = isWritten ? !LOSSES.some((code) => this.#found.has(code)) : null;
    return { issues, repairs, lossless };
  }
}
