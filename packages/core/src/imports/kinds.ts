import type { ImportKind } from '@granary/db';
import { FORMATS } from '@granary/formats';
import { z } from 'zod';
import type { AuditAction } from '../audit/actions.ts';
import type { JobName } from '../queue/definitions.ts';
import { change } from './changes.ts';
import { importOptions, removal } from './options.ts';
import { keptTokenization } from './tokenization-options.ts';

const ofKind = <Kind extends ImportKind, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  importOptions.extend({ kind: z.literal(kind), ...shape });

/** What a fork is made from; see `Origin` of the database. */
const origin = {
  datasetId: z.string(),
  name: z.string(),
  version: z.number().int().nullable(),
  revision: z.number().int().positive(),
  contentHash: z.string(),
};

/** What an import was asked for with, by its kind: all that a worker needs to know of it. */
export const importRequest = z.discriminatedUnion('kind', [
  ofKind('import', {}).describe('Uploads go into the dataset.'),
  ofKind('repair', {}).describe('Reads the files of the dataset again, with other repairs.'),
  ofKind('remove', { remove: removal }).describe('Files are taken out.'),
  ofKind('undo', {
    undo: z.object({ revision: z.number().int().min(0) }).describe('The revision that is taken back.'),
  }),
  ofKind('rollback', {
    rollback: z
      .object({ revision: z.number().int().min(0), ref: z.string() })
      .describe('The revision that the draft becomes again, and as what it was named.'),
  }),
  ofKind('adopt', {
    paths: z
      .array(z.string())
      .nullable()
      .describe('Where the store has content that the dataset does not know; null for all of it.'),
  }),
  ofKind('download', {
    hub: z
      .object({
        repoId: z.string(),
        revision: z.string().nullable(),
        subset: z.string().nullable(),
        split: z.string().nullable(),
        maxSamples: z.number().nullable(),
        commit: z.string().nullable().describe('What the revision was when the download began.'),
        tokenize: keptTokenization.optional(),
      })
      .describe('What is downloaded from the Hugging Face Hub.'),
  }),
  ofKind('tokenize', {
    tokenize: z.object({
      tokenizationId: z.uuid(),
      uploadedKey: z.string().nullable().describe('Where the content of an uploaded tokenizer.json lies.'),
    }),
  }),
  ofKind('fork', {
    fork: z.object(origin).describe('The dataset, and the revision of it, that is copied into an empty one.'),
  }),
  ofKind('merge', {
    merge: z.object(origin).describe('The revision of the source whose changes since the fork are taken over.'),
  }),
  ofKind('publish', {
    publish: z
      .object({
        format: z.enum(FORMATS).nullable().describe('Converts all labels to it; null leaves them what they are.'),
        change: change.nullable().default(null).describe('What is changed beside the edits.'),
      })
      .describe('Edits are written into the label files.'),
  }),
]);
export type ImportRequest = z.infer<typeof importRequest>;
export type RequestOf<Kind extends ImportKind> = Extract<ImportRequest, { kind: Kind }>;

interface KindFacts {
  /** The queue that it waits in. */
  queue: Extract<JobName, 'import' | 'download'>;
  /** The audit log's actions for its request and for its end. */
  requested: AuditAction;
  done: AuditAction;
  /** Whether it can be paused and resumed. */
  mayPause: boolean;
  /** Whether what a failed one has downloaded is kept for a day, for a retry. */
  keepsParts: boolean;
}

const plain = { queue: 'import', mayPause: false, keepsParts: false } as const;

/** How each kind is handled. All can be cancelled, and retried when they failed. */
export const IMPORTS_OF_KIND = {
  import: { ...plain, requested: 'import_requested', done: 'imported' },
  repair: { ...plain, requested: 'repair_requested', done: 'repaired' },
  remove: { ...plain, requested: 'remove_requested', done: 'removed' },
  undo: { ...plain, requested: 'undo_requested', done: 'undone' },
  rollback: { ...plain, requested: 'rollback_requested', done: 'rolled_back' },
  adopt: { ...plain, requested: 'adopt_requested', done: 'adopted' },
  tokenize: { ...plain, requested: 'tokenize_requested', done: 'tokenized' },
  fork: { ...plain, requested: 'fork_requested', done: 'forked' },
  merge: { ...plain, requested: 'merge_requested', done: 'merged' },
  publish: { ...plain, requested: 'publish_requested', done: 'published' },
  download: {
    queue: 'download',
    requested: 'download_requested',
    done: 'downloaded',
    mayPause: true,
    keepsParts: true,
  },
} satisfies Record<ImportKind, KindFacts>;

export const isImportKind = (kind: string): kind is ImportKind => Object.hasOwn(IMPORTS_OF_KIND, kind);

/** As a request is kept on the import's row: the kind in a column of its own. */
export function rowOf({ kind, ...options }: ImportRequest): { kind: ImportKind; options: object } {
  return { kind, options };
}

/** The request of an import's row. */
export const requestOf = ({ kind, options }: { kind: ImportKind; options: unknown }): ImportRequest =>
  importRequest.parse({ ...(typeof options === 'object' ? options : {}), kind });

/** A request with defaults for all that its kind does not need. */
export const requestFor = (request: z.input<typeof importRequest>): ImportRequest => importRequest.parse(request);
