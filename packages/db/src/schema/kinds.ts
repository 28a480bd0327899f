/** What a file of a dataset is. */
export const FILE_KINDS = ['image', 'label', 'annotation', 'data', 'other'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/** What an import is; core/imports/kinds.ts says what each is asked for with, and how it is dealt with. */
export const IMPORT_KINDS = [
  'import',
  'repair',
  'remove',
  'undo',
  'rollback',
  'adopt',
  'download',
  'tokenize',
  'fork',
  'merge',
  'publish',
] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** What a job that people see is. */
export const JOB_KINDS = [
  ...IMPORT_KINDS,
  'statistics',
  'backup',
  'export',
  'restore_backup',
  'purge',
  'integrity',
  'integrity_repair',
] as const;
export type JobKind = (typeof JOB_KINDS)[number];
