import { FORMATS, REPAIR_CODES } from '@granary/formats';
import { csvOptions } from '@granary/tables';
import { z } from 'zod';

/** How an import deals with what comes in, and how the dataset is read afterwards. */
export const importOptions = z.object({
  labelsOnly: z
    .boolean()
    .default(false)
    .describe(
      'Take labels and annotations only, in place of those that their images have; images of the upload are left out, and other images keep their labels.',
    ),
  replaceAll: z.boolean().default(false).describe('With labelsOnly: the labels of all other images are removed, too.'),
  formatHint: z.enum(FORMATS).optional().describe('Read the dataset as this format, whatever it looks like.'),
  onConflict: z
    .enum(['replace', 'skip', 'keep_both', 'fail'])
    .default('replace')
    .describe(
      'What happens with a file whose path the dataset has already, with other content; "keep_both" numbers the new one.',
    ),
  repairs: z
    .array(z.enum(REPAIR_CODES))
    .optional()
    .describe('All repairs to apply to the annotations; when left out, those that were asked for before.'),
  classMap: z
    .record(z.string().max(500), z.string().min(1).max(500))
    .optional()
    .describe(
      'Classes of what is added, and the classes that they become: two that become the same are merged. It stays for whatever is read later; a class mapped to itself is no longer mapped.',
    ),
  newClasses: z
    .array(z.string().max(500))
    .max(10_000)
    .optional()
    .describe(
      'For labels that name classes by number (YOLO): the names of the numbers 0, 1, … in what is added. The labels are renumbered to the classes of the dataset, which gains those it lacks; a data.yaml that comes with them is left out.',
    ),
  csv: csvOptions
    .optional()
    .describe(
      'How the CSV files of the dataset are read; what is left out is found out from the first rows of each. It stays for whatever is read later, until other options are given; `{}` leaves all to be found out. Where a README.md describes subsets, what it says of their CSV files goes before.',
    ),
});
export type ImportOptions = z.infer<typeof importOptions>;

/** Files that are taken out of the dataset. */
export const removal = z.object({
  paths: z.array(z.string().min(1).max(1000)).max(10_000).default([]).describe('These files.'),
  folders: z
    .array(z.string().regex(/[^/]\/$/, { error: 'must end with a slash' }))
    .max(1000)
    .default([])
    .describe('All files below these folders, each with a slash at its end.'),
});
