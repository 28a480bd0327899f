/** Changes to the annotations that a person may ask for; none is applied unasked. */
export const REPAIRS = {
  match_case: {
    safe: true,
    text: 'names differ from a file only in upper and lower case or in how accents are encoded: match them',
  },
  match_moved_folder: { safe: true, text: 'names are found in another folder: match them by the end of their paths' },
  match_basename: { safe: true, text: 'names are found by the file name alone: match them, whatever their folder' },
  match_stem: { safe: true, text: 'names are found with another extension: match them by the name before the dot' },
  match_by_id: {
    safe: true,
    text: 'names are mere numbers: match them to the images in the natural order of their paths',
  },
  clip_boxes: { safe: true, text: 'shapes reach beyond their image: cut them off at its edges' },
  drop_empty: { safe: true, text: 'shapes have no area: remove them' },
  drop_duplicates: { safe: true, text: 'annotations repeat another one of the same image: keep the first of each' },
  rename_duplicate_classes: { safe: true, text: 'classes share the name of another one: number them ("cat (2)")' },
  renumber_categories: {
    safe: false,
    text: 'category ids are no small numbers from 1 on: number them anew (tools that know the old ids will not)',
  },
} as const satisfies Record<string, { safe: boolean; text: string }>;

export type RepairCode = keyof typeof REPAIRS;

export const REPAIR_CODES = Object.keys(REPAIRS) as [RepairCode, ...RepairCode[]];

export function isRepairCode(code: string): code is RepairCode {
  return Object.hasOwn(REPAIRS, code);
}

/** What a repair would change in one place. */
export interface RepairPreview {
  path: string;
  line?: number;
  from: string;
  to: string;
}

/** A repair that a report proposes. */
export interface Repair {
  code: RepairCode;
  message: string;
  /** True when nothing is guessed: one outcome only, and nothing that was right can become wrong. */
  safe: boolean;
  /** How many names, shapes or classes it changes. */
  affects: number;
  /** The first changes. */
  preview: RepairPreview[];
}
