import { REPAIRS, type Repair, type RepairCode, type RepairPreview } from './repairs.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Where a finding is: a file, and what in it. */
export interface Example {
  path: string;
  line?: number;
  /** Where in a JSON file, such as `annotations[17].bbox`. */
  pointer?: string;
  /** The image that it is about, where that is another file. */
  image?: string;
  detail?: string;
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

/** Every finding there is: how bad, and in words for the person who brought the data. */
export const ISSUES = {
  unsafe_path: ['warning', 'were left out: their path leads out of the dataset or has characters no file should have'],
  not_a_file: ['warning', 'were left out: links, devices and other special entries are not files'],
  name_too_long: ['warning', 'were left out: their path is longer than 900 bytes'],
  duplicate_entry: ['warning', 'were left out: the archive has an entry with the same path before them'],
  path_conflict: ['warning', 'were left out: a file and a folder would have the same name'],
  reserved_name: ['info', 'were left out: meta.json at the top is written by Granary itself'],
  not_a_label: ['info', 'were left out: only labels were asked for'],
  kept_existing: ['info', 'were left out: the dataset has a file of that path already'],
  skipped_junk: ['info', 'were skipped: system files that are no data'],
  nested_archive: ['info', 'are archives inside the upload and were kept as they are, unopened'],
  image_unreadable: ['error', 'can not be read as images'],
  image_truncated: ['error', 'are truncated: the end of the image is missing'],
  image_too_large: ['warning', 'are too large to be shown: their dimensions exceed the limit of pixels'],
  image_rotated: ['info', 'photographs are turned by their EXIF orientation; pixels are counted as they are shown'],
  config_unreadable: ['warning', 'could not be read, so class names and splits were taken from the files'],
  class_count_mismatch: [
    'warning',
    'disagree with themselves: the stated number of classes is not the number of names',
  ],
  unknown_class: ['warning', 'name a class that the class list lacks'],
  duplicate_class: ['warning', 'classes have the same name as another one'],
  bad_label_line: ['error', 'label lines could not be read and were left out'],
  mixed_line_formats: [
    'warning',
    'label lines are of another kind than the rest (boxes among polygons, say); each was read as what it is',
  ],
  content_not_given: ['info', 'files were told by name only, so that what depends on their content is not known'],
  label_not_text: ['error', 'label files are not text or are too long, and were left out'],
  label_unreadable: ['error', 'label files could not be read'],
  label_without_image: ['warning', 'label files belong to no image'],
  listed_image_missing: ['warning', 'lines of a list of images name no image of the dataset'],
  bad_annotation: ['error', 'annotations could not be read and were left out'],
  bad_box: ['error', 'annotations have no valid shape (not a number, or missing) and were left out'],
  zero_area: ['warning', 'shapes have no area'],
  out_of_bounds: ['warning', 'shapes reach beyond their image'],
  duplicate_annotation: ['warning', 'annotations repeat another one of the same image'],
  duplicate_annotation_id: ['warning', 'annotation ids occur more than once in one file'],
  merged_annotation: ['info', 'annotations stand in several files, and were imported once'],
  unsupported_annotation: ['warning', 'annotations are of a kind that is not supported, and were left out'],
  annotation_file_unreadable: ['error', 'annotation files could not be read, or not to their end'],
  dimensions_disagree: ['warning', 'images have other dimensions than their annotations say'],
  filename_disagrees: [
    'info',
    'label files name another image than the one they are called after; the name of the label file was followed',
  ],
  unmatched_image: ['error', 'images named in the annotations were not found among the files'],
  ambiguous_image: ['error', 'images named in the annotations fit more than one file'],
  duplicate_image_id: ['warning', 'image ids occur more than once in one annotation file'],
  duplicate_image_name: ['warning', 'images are listed more than once in one annotation file'],
  dangling_annotation: ['error', 'annotations point to an image that the file does not list, and were left out'],
  unplaced_annotation: ['error', 'annotations belong to images that were not found, and were left out'],
  dangling_category: ['error', 'annotations point to a category that the file does not list, and were left out'],
  unusual_category_ids: ['info', 'files have category ids that are no small numbers from 1 on'],
  split_overlap: ['warning', 'images are in more than one split, with the same content'],
  image_without_labels: ['info', 'images have no labels'],
  unused_file: ['info', 'files were kept but not read: they are no image and no label of the detected format'],
  not_lossless: ['info', 'details would not come back when the dataset is written in its own format again'],
} as const satisfies Record<string, readonly [Severity, string]>;

/** Findings of something that the files say and the dataset does not have. */
const LOSSES: readonly IssueCode[] = [
  'not_lossless',
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

export function isIssueCode(code: string): code is IssueCode {
  return Object.hasOwn(ISSUES, code);
}

const ORDER: Severity[] = ['error', 'warning', 'info'];

/** Gathers findings and proposals while a dataset is read; memory is bounded by the number of codes. */
export class ReportBuilder {
  readonly #found = new Map<IssueCode, { count: number; examples: Example[] }>();
  readonly #proposed = new Map<RepairCode, { affects: number; preview: RepairPreview[]; isSafe: boolean }>();

  add(code: IssueCode, example: Example, count = 1): void {
    const issue = this.#found.get(code) ?? { count: 0, examples: [] };
    issue.count += count;
    if (issue.examples.length < MAX_EXAMPLES) issue.examples.push(example);
    this.#found.set(code, issue);
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
      return { code, severity, message: `${count.toLocaleString('en')} ${text}.`, count, examples };
    });
    issues.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || b.count - a.count);
    const repairs = [...this.#proposed].map(([code, { affects, preview, isSafe }]) => {
      const message = `${affects.toLocaleString('en')} ${REPAIRS[code].text}.`;
      return { code, message, safe: isSafe, affects, preview };
    });
    const lossless = isWritten ? !LOSSES.some((code) => this.#found.has(code)) : null;
    return { issues, repairs, lossless };
  }
}
