import { FILE_KINDS } from '@granary/db';
import { z } from 'zod';
import { pageInput } from '../base/paging.ts';
import { versionInput } from '../revisions/refs.ts';

export const listFilesInput = z.object({
  id: z.string(),
  prefix: z.string().max(1000).default(''),
  delimiter: z.enum(['/']).optional().describe('With "/", what lies deeper is folded into "folders".'),
  ...versionInput,
  ...pageInput,
});

export const fileView = z.object({
  id: z.number(),
  path: z.string(),
  size: z.number().describe('bytes'),
  sha256: z.string(),
  mime: z.string(),
  kind: z.enum(FILE_KINDS),
  split: z.string().nullable(),
});
export type FileView = z.infer<typeof fileView>;

export const checkFilesInput = z.object({
  id: z.string(),
  paths: z.array(z.string().max(4000)).max(10_000).describe('As they would be uploaded.'),
});

export const existingFile = z.object({
  given: z.string().describe('The path as it was asked for.'),
  path: z.string(),
  size: z.number().describe('bytes'),
  sha256: z.string(),
});

export const filePreview = z.object({
  file: fileView,
  text: z.string().nullable().describe('The beginning of a text file; null for anything that is not UTF-8 text.'),
  isCut: z.boolean().describe('Whether the file is longer than this text.'),
});
export type FilePreview = z.infer<typeof filePreview>;
