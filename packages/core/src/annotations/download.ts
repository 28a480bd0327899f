/// <reference path="./archiver.d.ts" />

import { PassThrough, Readable } from 'node:stream';
import {
  type Format,
  type Loss,
  lossesOf,
  mimeOf,
  type OutputFile,
  WRITABLE_FORMATS,
  writerOf,
} from '@granary/formats';
import { ZipArchive } from 'archiver';
import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import { performer, recordAudit } from '../audit/record.ts';
import type { Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { revisionAt, stateAt } from '../revisions/refs.ts';
import { writableDataset } from './writable.ts';

/** A format's files of annotations as one download. */
export interface AnnotationDownload {
  filename: string;
  contentType: string;
  body: Readable;
}

const writableFormat = z.enum(WRITABLE_FORMATS as [Format, ...Format[]]);

/** What of a dataset's annotations a format cannot hold. @throws AppError `invalid_input` */
export async function annotationLosses(
  ctx: Permitted<'see', Reader>,
  { format, version }: { format: Format; version?: string | undefined },
): Promise<{ losses: Loss[] }> {
  const at = await revisionAt(ctx.database, { id: ctx.dataset.id, version });
  return { losses: await lossesOf(writerFor(format), await writableDataset(ctx.database, ctx.dataset, at)) };
}

/**
 * The annotations of the draft or of a version, repaired where repairs were applied, in a format of choice or the dataset's own: a single
 * file as it is, several as a zip. Images are not in it; names in it are the dataset's paths.
 *
 * @throws AppError `invalid_input`, `nothing_labeled`
 */
export async function downloadAnnotations(
  ctx: Permitted<'see', Reader>,
  { format: wanted, version }: { format?: string | undefined; version?: string | undefined },
): Promise<AnnotationDownload> {
  const at = await revisionAt(ctx.database, { id: ctx.dataset.id, version });
  const state = at === null ? null : await stateAt(ctx.database, ctx.dataset.id, at);
  const dataset = state === null ? ctx.dataset : { ...ctx.dataset, ...state };
  if (dataset.numAnnotations === 0) throw new AppError('nothing_labeled');
  const own = writableFormat.safeParse(dataset.format);
  const writer = writerFor(wanted ?? (own.success ? own.data : 'coco'));
  const writable = await writableDataset(ctx.database, dataset, at);
  const made = madeFiles(writer.write(writable));
  const [first, second] = [await made.next(), await made.next()];
  if (first.done) {
    throw new AppError('invalid_input', {
      message: `${writer.format} has no annotation files for this dataset: its folders are the annotations.`,
    });
  }
  await recordAudit(ctx.database.db, {
    action: 'exported',
    datasetId: dataset.id,
    ...performer(ctx),
    details: { annotations: writer.format, version },
  });
  if (second.done) {
    const { path } = first.value;
    const filename = path.slice(path.lastIndexOf('/') + 1);
    return { filename, contentType: mimeOf(path), body: bodyOf(first.value) };
  }
  const body = new PassThrough();
  const archive = new ZipArchive({ zlib: { level: 6 } });
  archive.on('error', (error) => body.destroy(error));
  archive.pipe(body);
  pack(archive, [first.value, second.value], made).catch((error) => body.destroy(error));
  return { filename: `annotations-${writer.format}.zip`, contentType: 'application/zip', body };
}

type MadeFile = Exclude<OutputFile, { copyOf: unknown }>;

async function* madeFiles(files: AsyncIterable<OutputFile>): AsyncGenerator<MadeFile, undefined> {
  for await (const file of files) if (!('copyOf' in file)) yield file;
  return undefined;
}

const bodyOf = (file: MadeFile): Readable => Readable.from('text' in file ? file.text : [Buffer.from(file.bytes)]);

async function pack(archive: ZipArchive, first: readonly MadeFile[], rest: AsyncIterable<MadeFile>): Promise<void> {
  const add = (file: MadeFile) =>
    new Promise<void>((done, failed) => {
      archive.once('entry', () => done());
      archive.once('error', failed);
      archive.append(bodyOf(file), { name: file.path });
    });
  for (const file of first) await add(file);
  for await (const file of rest) await add(file);
  await archive.finalize();
}

function writerFor(format: string) {
  const parsed = writableFormat.safeParse(format);
  const writer = parsed.success ? writerOf(parsed.data) : undefined;
  if (!writer) {
    const message = `must be one of ${WRITABLE_FORMATS.join(', ')}`;
    throw new AppError('invalid_input', { issues: [{ path: 'format', message }] });
  }
  return writer;
}
