import type { JobKind } from '@granary/db';
import { IMPORTS_OF_KIND, isImportKind } from '../imports/kinds.ts';
import type { VisibleJobName } from '../queue/definitions.ts';

const OTHERS = {
  statistics: 'statistics',
  backup: 'backup',
  export: 'export',
  restore_backup: 'restore-backup',
  purge: 'purge',
  integrity: 'integrity',
  integrity_repair: 'integrity',
} satisfies { [Kind in JobKind]?: VisibleJobName };

/** The queue that jobs of a kind wait in. */
export const queueOf = (kind: JobKind): VisibleJobName =>
  isImportKind(kind) ? IMPORTS_OF_KIND[kind].queue : OTHERS[kind];
