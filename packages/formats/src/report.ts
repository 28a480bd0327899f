export type Severity = 'error' | 'warning' | 'info';

/** Where a finding is: a file, and what in it. */
export interface Example {
  path: string;
  line?: number;
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

/** A change to the annotations that a person may ask for; none is applied unasked. */
export interface Repair {
  code: string;
  message: string;
  safe: boolean;
  affects: number;
}

export interface Report {
  issues: Issue[];
  repairs: Repair[];
}

export const MAX_EXAMPLES = 100;

/** Every finding there is: how bad, and in words for the person who brought the data. */
const ISSUES = {
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
  config_unreadable: ['warning', 'could not be read, so class names and splits were taken from the files'],
  class_count_mismatch: ['warning', 'disagree with themselves: nc is not the number of names'],
  unknown_class: ['warning', 'name a class that the class list lacks'],
  bad_label_line: ['error', 'label lines could not be read and were left out'],
  unsupported_label_line: [
    'warning',
    'label lines hold shapes that are not imported yet (only boxes are) and were left out',
  ],
  label_not_text: ['error', 'label files are not text or are too long, and were left out'],
  bad_box: ['error', 'annotations have no valid box (not a number, or no area) and were left out'],
  annotation_file_unreadable: ['error', 'annotation files could not be read'],
  unmatched_image: ['error', 'images named in the annotations were not found among the files'],
  ambiguous_image: ['error', 'images named in the annotations fit more than one file'],
  duplicate_image_id: ['warning', 'image ids occur more than once in one annotation file'],
  dangling_annotation: ['error', 'annotations point to an image that the file does not list, and were left out'],
  dangling_category: ['error', 'annotations point to a category that the file does not list, and were left out'],
  image_without_labels: ['info', 'images have no labels'],
  unused_file: ['info', 'files were kept but not read: they are no image and no label of the detected format'],
} as const satisfies Record<string, readonly [Severity, string]>;

export type IssueCode = keyof typeof ISSUES;

export function isIssueCode(code: string): code is IssueCode {
  return Object.hasOwn(ISSUES, code);
}

const ORDER: Severity[] = ['error', 'warning', 'info'];

/** Gathers findings while a dataset is read; memory is bounded by the number of codes. */
export class ReportBuilder {
  readonly #found = new Map<IssueCode, { count: number; examples: Example[] }>();

  add(code: IssueCode, example: Example, count = 1): void {
    const issue = this.#found.get(code) ?? { count: 0, examples: [] };
    issue.count += count;
    if (issue.examples.length < MAX_EXAMPLES) issue.examples.push(example);
    this.#found.set(code, issue);
  }

  build(): Report {
    const issues = [...this.#found].map(([code, { count, examples }]) => {
      const [severity, text] = ISSUES[code];
      return { code, severity, message: `${count.toLocaleString('en')} ${text}.`, count, examples };
    });
    issues.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || b.count - a.count);
    return { issues, repairs: [] };
  }
}
