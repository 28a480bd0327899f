/** Changes to the annotations that a person may ask for; none is applied unasked. `[one|many]` follow the count. */
export const REPAIRS = {
  match_case: {
    safe: true,
    text: '[name differs|names differ] from a file only in upper and lower case or in how accents are encoded: match [it|them]',
  },
  match_moved_folder: {
    safe: true,
    text: '[name is|names are] found in another folder: match [it|them] by the end of the path',
  },
  match_basename: {
    safe: true,
    text: '[name is|names are] found by the file name alone: match [it|them], whatever the folder',
  },
  match_spelling: {
    safe: true,
    text: '[name differs|names differ] from a file only in spaces and underscores: match [it|them]',
  },
  match_stem: {
    safe: true,
    text: '[name is|names are] found with another extension: match [it|them] by the name before the dot',
  },
  match_by_id: {
    safe: true,
    text: '[name is only a number: match it|names are only numbers: match them] to the images in the natural order of their paths',
  },
  scale_pixels: {
    safe: false,
    text: 'label [line is|lines are] in pixels: divide [it|them] by the width and height of the image',
  },
  clip_boxes: {
    safe: true,
    text: '[shape reaches beyond its image: clip it|shapes reach beyond their image: clip them] at the edges',
  },
  drop_empty: { safe: false, text: '[shape has no area: remove it|shapes have no area: remove them]' },
  drop_duplicates: {
    safe: false,
    text: '[annotation repeats|annotations repeat] another one of the same image: keep the first of each',
  },
  rename_duplicate_classes: {
    safe: true,
    text: '[class shares the name of another one: number it|classes share the name of another one: number them] ("cat (2)")',
  },
  renumber_categories: {
    safe: false,
    text: 'category [id is not a small number|ids are not small numbers] from 1: renumber [it|them] (tools that use the old ids will not recognize [it|them])',
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
  /** True when nothing is guessed and nothing removed: one outcome only, and nothing that was right can become wrong. */
  safe: boolean;
  /** How many names, shapes or classes it changes. */
  affects: number;
  /** The first changes. */
  preview: RepairPreview[];
}
