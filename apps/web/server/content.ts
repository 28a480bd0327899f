import { pipeline } from 'node:stream/promises';
import { toAppError } from '@granary/api';
import { permitReading } from '@granary/core/access/policy';
import { networkOf } from '@granary/core/access/rate-limits';
import { downloadAnnotations } from '@granary/core/annotations/download';
import { annotationStreamInput } from '@granary/core/annotations/schemas';
import { annotationStream } from '@granary/core/annotations/stream';
import { exportAudit, readAuditExport } from '@granary/core/audit/log';
import { downloadBackup } from '@granary/core/backups/backups';
import type { ReadingContext } from '@granary/core/base/context';
import { isAnonymous } from '@granary/core/base/person';
import { AppError, issuesOf } from '@granary/core/errors/app-error';
import { downloadExport } from '@granary/core/exports/exports';
import { answerContent } from '@granary/core/files/content';
import { type DatasetFile, requireFile } from '@granary/core/files/files';
import { openContent } from '@granary/core/files/open';
import type { Asking } from '@granary/core/images/decoding/decoder';
import { requireNamedImage } from '@granary/core/images/named';
import { pictureOf, thumbnail } from '@granary/core/images/thumbnails';
import { permitReadingFiles } from '@granary/core/imports/publish';
import { watchJob } from '@granary/core/jobs/jobs';
import { isFinished } from '@granary/core/jobs/schemas';
import { revisionAt, versionInput } from '@granary/core/revisions/refs';
import { answerAudio } from '@granary/core/rows/audio';
import { readCell } from '@granary/core/rows/samples';
import { manifestInput, manifestOf } from '@granary/core/versions/manifest';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { contextOf, requireReader, requireSignedIn, type WebServices } from './context.ts';

/** The parts of /api/v1 that answer bytes or streams instead of JSON. */
export function contentRoutes(services: WebServices): Router {
  const router = Router();
  const route = (path: string, answer: (req: Request, res: Response) => Promise<void>) => {
    router.get(path, (req, res) => {
      answer(req, res).catch((error) => sendError(services, res, error));
    });
  };
  route('/datasets/:id/files/content', (req, res) => fileContent(services, req, res));
  route('/datasets/:id/manifest', (req, res) => manifest(services, req, res));
  route('/datasets/:id/annotations', (req, res) => annotationLines(services, req, res));
  route('/datasets/:id/annotations/download', (req, res) => annotationFile(services, req, res));
  route('/datasets/:id/images/:fileId/thumbnail', (req, res) => imageThumbnail(services, req, res));
  route('/datasets/:id/samples/cell', (req, res) => sampleCell(services, req, res));
  route('/datasets/:id/samples/audio', (req, res) => sampleAudio(services, req, res));
  route('/datasets/:id/samples/image', (req, res) => namedImage(services, req, res));
  route('/exports/:id/content', (req, res) => exportContent(services, req, res));
  route('/backups/:id/content', (req, res) => backupContent(services, req, res));
  route('/datasets/:id/audit-log/export', (req, res) => auditExport(services, req, res, req.params.id ?? ''));
  route('/admin/audit-log/export', (req, res) => auditExport(services, req, res, null));
  route('/jobs/:id/events', (req, res) => jobEvents(services, req, res));
  return router;
}

/** @throws AppError `invalid_input` */
function versionOf(req: Request): string | undefined {
  const query = z.object(versionInput).safeParse(req.query);
  if (!query.success) throw new AppError('invalid_input', { issues: issuesOf(query.error) ?? [] });
  return query.data.version;
}

async function fileContent(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const { path, download } = req.query;
  if (typeof path !== 'string' || path === '') {
    throw new AppError('invalid_input', { issues: [{ path: 'path', message: 'is missing' }] });
  }
  const { permitted, version } = await permitReading(context, req.params.id ?? '', versionOf(req));
  const answer = await answerContent(await openContent(services, permitted.dataset, path, version), {
    range: req.get('range'),
    ifNoneMatch: req.get('if-none-match'),
    download: download !== undefined,
  });
  res.status(answer.status).set(answer.headers);
  if (answer.body) await pipeline(answer.body, res).catch(() => res.destroy());
  else res.end();
}

async function manifest(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const query = manifestInput.safeParse(req.query);
  if (!query.success) throw new AppError('invalid_input', { issues: issuesOf(query.error) ?? [] });
  const { permitted, version } = await permitReadingFiles(context, req.params.id ?? '', query.data.version);
  const { contentType, etag, body } = await manifestOf(permitted, { ...query.data, version });
  res.set({ 'Content-Type': contentType, 'Cache-Control': 'private, no-cache', ETag: etag });
  // Addresses in it expire: only hashes can be the same for good.
  if (query.data.format === 'sha256sum' && req.fresh) return void res.status(304).end();
  await pipeline(body, res).catch((error) => {
    services.log.error({ err: error }, 'a manifest was cut off');
    res.destroy();
  });
}

async function annotationLines(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const query = annotationStreamInput.safeParse(req.query);
  if (!query.success) throw new AppError('invalid_input', { issues: issuesOf(query.error) ?? [] });
  const { permitted, version } = await permitReadingFiles(context, req.params.id ?? '', query.data.version);
  const { contentType, etag, body } = await annotationStream(permitted, { ...query.data, version });
  res.set({ 'Content-Type': contentType, 'Cache-Control': 'private, no-cache', ETag: etag });
  await pipeline(body, res).catch((error) => {
    if (!isGone(error)) services.log.error({ err: error }, 'a stream of annotations was cut off');
    res.destroy();
  });
}

/** Who asked has left: nothing went wrong here. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

async function annotationFile(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const wanted = typeof req.query.format === 'string' && req.query.format !== '' ? req.query.format : undefined;
  const { permitted, version } = await permitReadingFiles(context, req.params.id ?? '', versionOf(req));
  const { filename, contentType, body } = await downloadAnnotations(permitted, { format: wanted, version });
  res.set({ 'Content-Type': contentType, 'Cache-Control': 'private, no-store' });
  res.attachment(filename);
  await pipeline(body, res).catch((error) => {
    services.log.error({ err: error }, 'a download of annotations was cut off');
    res.destroy();
  });
}

async function exportContent(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const answer = await downloadExport(context, req.params.id ?? '', {
    range: req.get('range'),
    ifNoneMatch: req.get('if-none-match'),
  });
  res.status(answer.status).set(answer.headers);
  if (answer.body) await pipeline(answer.body, res).catch(() => res.destroy());
  else res.end();
}

async function backupContent(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireSignedIn(await contextOf(services, req, res));
  const answer = await downloadBackup(context, req.params.id ?? '', req.get('range'));
  res.status(answer.status).set(answer.headers);
  if (answer.body) await pipeline(answer.body, res).catch(() => res.destroy());
  else res.end();
}

async function auditExport(
  services: WebServices,
  req: Request,
  res: Response,
  datasetId: string | null,
): Promise<void> {
  const context = await requireSignedIn(await contextOf(services, req, res));
  const { format, ...filter } = readAuditExport(req.query);
  const { filename, contentType, body } = await exportAudit(context, datasetId, filter, format);
  res.set({ 'Content-Type': contentType, 'Cache-Control': 'private, no-store' });
  res.attachment(filename);
  await pipeline(body, res).catch((error) => {
    services.log.error({ err: error }, 'an export of the audit log was cut off');
    res.destroy();
  });
}

async function imageThumbnail(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const { permitted, version } = await permitReading(context, req.params.id ?? '', versionOf(req));
  const { dataset } = permitted;
  const id = Number(req.params.fileId);
  if (!Number.isSafeInteger(id)) throw new AppError('not_found');
  const at = await revisionAt(services.database, { id: dataset.id, version });
  const file = await requireFile(services.database, dataset.id, { id }, at);
  if (file.kind !== 'image') throw new AppError('not_found', { message: 'That file is not an image.' });
  await sendThumbnail(services, req, res, file, askingOf(context, res));
}

async function sendThumbnail(
  services: WebServices,
  req: Request,
  res: Response,
  file: DatasetFile,
  asking: Asking,
): Promise<void> {
  if (file.problem)
    throw new AppError('unprocessable_image', { message: `The image cannot be shown: ${file.problem}.` });
  // A browser keeps it, and asks each time whether one may still see it.
  res.set({ ETag: `"${file.sha256}"`, 'Cache-Control': 'private, no-cache' });
  if (req.fresh) return void res.status(304).end();
  const image = await thumbnail(services, file, Number(req.query.w) || 320, asking);
  res.type('image/webp').send(image);
}

const cellQuery = z.object({
  ...versionInput,
  subset: z.string().optional(),
  split: z.string().optional(),
  index: z.coerce.number().int().min(0),
  column: z.string(),
  w: z.coerce.number().optional(),
});

/** An image in a row, small, as WebP: whatever its bytes are, nothing else leaves this server under its name. */
async function sampleCell(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const query = cellQuery.safeParse(req.query);
  if (!query.success) throw new AppError('invalid_input', { issues: issuesOf(query.error) ?? [] });
  const { w = 320, ...cell } = query.data;
  const id = req.params.id ?? '';
  const { permitted, version } = await permitReading(context, id, cell.version);
  const bytes = await readCell(permitted, { id, ...cell, version });
  const image = await pictureOf(services, bytes, w, askingOf(context, res));
  res.set({ 'Cache-Control': 'private, no-cache' }).type('image/webp').send(image);
}

/** Sound in a row, as it is: browsers ask for it by ranges. */
async function sampleAudio(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const query = cellQuery.safeParse(req.query);
  if (!query.success) throw new AppError('invalid_input', { issues: issuesOf(query.error) ?? [] });
  const id = req.params.id ?? '';
  const { permitted, version } = await permitReading(context, id, query.data.version);
  const content = await readCell(permitted, { id, ...query.data, version });
  const { status, headers, bytes } = answerAudio(content, req.get('range'));
  res
    .status(status)
    .set(headers)
    .end(bytes ?? undefined);
}

/** A small picture of an image of the dataset that a row names by its path. */
async function namedImage(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireReader(await contextOf(services, req, res));
  const { path } = req.query;
  if (typeof path !== 'string' || path === '') {
    throw new AppError('invalid_input', { issues: [{ path: 'path', message: 'is missing' }] });
  }
  const { permitted, version } = await permitReading(context, req.params.id ?? '', versionOf(req));
  const { dataset } = permitted;
  const at = await revisionAt(services.database, { id: dataset.id, version });
  const file = await requireNamedImage(services.database, dataset.id, path, at);
  await sendThumbnail(services, req, res, file, askingOf(context, res));
}

/** Who waits for an image, as long as they do. */
function askingOf({ person, ip }: ReadingContext, res: Response): Asking {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  if (res.closed) gone.abort();
  return { person: isAnonymous(person) ? networkOf(ip) : person.id, signal: gone.signal };
}

/** Server-sent events: `progress` with the whole job, then `completed` or `failed` once, and the end. */
async function jobEvents(services: WebServices, req: Request, res: Response): Promise<void> {
  const context = await requireSignedIn(await contextOf(services, req, res));
  const gone = new AbortController();
  res.on('close', () => gone.abort());
  const ping = setInterval(() => res.write(': ping\n\n'), 15_000);
  try {
    for await (const job of watchJob(context, req.params.id ?? '', gone.signal)) {
      if (!res.headersSent) {
        res.writeHead(200, {
          'Content-Type': 'text/event-stream',
          'Cache-Control': 'no-cache, no-transform',
          'X-Accel-Buffering': 'no',
        });
      }
      const event = isFinished(job) ? (job.state === 'completed' ? 'completed' : 'failed') : 'progress';
      res.write(`event: ${event}\nid: ${Date.now()}\ndata: ${JSON.stringify(job)}\n\n`);
      res.flush();
    }
    res.end();
  } finally {
    clearInterval(ping);
  }
}

function sendError({ log }: WebServices, res: Response, thrown: unknown): void {
  // Nobody is there to be told.
  if (res.closed) return;
  const error = toAppError(thrown);
  if (error.isOurs) log.error({ err: thrown }, 'request failed');
  if (res.headersSent) return void res.destroy();
  res.removeHeader('ETag');
  res
    .status(error.status)
    .set({ ...error.headers, 'Cache-Control': 'no-store' })
    .json(error.body);
}
