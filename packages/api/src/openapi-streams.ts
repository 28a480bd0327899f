/** Who calls it: who is signed in, or anyone, too, where the site lets everyone look at what is public. */
export const securityOf = (isOpen: boolean) => [...(isOpen ? [{}] : []), { session: [] }, { apiKey: [] }];

const text = (name: string, at: 'path' | 'query', required: boolean, description?: string) => ({
  name,
  in: at,
  required,
  schema: { type: 'string' as const },
  ...(description ? { description } : {}),
});

const bytes = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: { type: 'string' as const, contentMediaType: type } } },
});

const stream = (
  operationId: string,
  tag: string,
  summary: string,
  parameters: ReturnType<typeof text>[],
  responses: Record<string, unknown>,
  { isOpen } = { isOpen: false },
) => ({ get: { operationId, tags: [tag], summary, security: securityOf(isOpen), parameters, responses } });

const open = { isOpen: true };

const ofDataset = text('id', 'path', true);
const version = text('version', 'query', false, 'A version ref; by default the draft.');

/** The paths of /api/v1 that answer bytes or events, as OpenAPI. They are no procedures. */
export const STREAMS = {
  '/datasets/{id}/files/content': stream(
    'files-content',
    'Files',
    'The content of a file: the bytes, or a redirect to a short-lived URL of the store. Range works',
    [
      ofDataset,
      text('path', 'query', true),
      text('download', 'query', false, 'Given, it is always an attachment.'),
      version,
    ],
    {
      200: bytes('application/octet-stream', 'All of it'),
      206: bytes('application/octet-stream', 'The range that was asked for'),
      302: { description: 'It is at the URL in Location, for five minutes' },
      304: { description: 'It is as If-None-Match has it' },
      416: { description: 'The range begins behind its end' },
    },
    open,
  ),
  '/datasets/{id}/images/{fileId}/thumbnail': stream(
    'images-thumbnail',
    'Images',
    'A small picture of an image',
    [
      ofDataset,
      text('fileId', 'path', true),
      text('w', 'query', false, 'Its width in pixels; 320 by default.'),
      version,
    ],
    { 200: bytes('image/webp', 'The picture'), 422: { description: 'The image is damaged' } },
    open,
  ),
  '/datasets/{id}/samples/cell': stream(
    'tables-cell',
    'Text datasets',
    'A small picture of an image in a row',
    [
      ofDataset,
      text('index', 'query', true, "The row's number in the split."),
      text('column', 'query', true),
      text('subset', 'query', false),
      text('split', 'query', false),
      text('w', 'query', false, 'Its width in pixels; 320 by default.'),
      version,
    ],
    { 200: bytes('image/webp', 'The picture'), 422: { description: 'The image is damaged' } },
    open,
  ),
  '/datasets/{id}/samples/audio': stream(
    'tables-audio',
    'Text datasets',
    'The sound in a row, as it is. Range works',
    [
      ofDataset,
      text('index', 'query', true, "The row's number in the split."),
      text('column', 'query', true),
      text('subset', 'query', false),
      text('split', 'query', false),
      version,
    ],
    {
      200: bytes('audio/*', 'All of it'),
      206: bytes('audio/*', 'The range that was asked for'),
      416: { description: 'The range begins behind its end' },
      422: { description: 'It is nothing that browsers play' },
    },
    open,
  ),
  '/datasets/{id}/samples/image': stream(
    'tables-image',
    'Text datasets',
    'A small picture of the image of the dataset that a row names',
    [
      ofDataset,
      text('path', 'query', true, 'Its path, or the end of it, where only one image has it.'),
      text('w', 'query', false, 'Its width in pixels; 320 by default.'),
      version,
    ],
    { 200: bytes('image/webp', 'The picture'), 422: { description: 'The image is damaged' } },
    open,
  ),
  '/datasets/{id}/manifest': stream(
    'versions-manifest',
    'Versions',
    'All files of a version, one line each: JSON with path, size, sha256, split and url; lines for sha256sum -c; or URLs',
    [
      ofDataset,
      version,
      text('format', 'query', false, '"ndjson", "sha256sum" or "urls".'),
      text('split', 'query', false),
      text('q', 'query', false, 'A query; see docs/queries.md.'),
    ],
    { 200: bytes('application/x-ndjson', 'The lines'), 304: { description: 'It is as If-None-Match has it' } },
    open,
  ),
  '/datasets/{id}/annotations': stream(
    'annotations-stream',
    'Annotations',
    'All images of a version with their annotations, one line of JSON each: path, sha256, width, height, split, labeled, url, annotations',
    [ofDataset, version, text('split', 'query', false), text('q', 'query', false, 'A query; see docs/queries.md.')],
    { 200: bytes('application/x-ndjson', 'The lines') },
    open,
  ),
  '/datasets/{id}/annotations/download': stream(
    'annotations-download',
    'Annotations',
    'All annotations in a format, as one file',
    [ofDataset, text('format', 'query', false, 'By default that of the dataset.')],
    { 200: bytes('application/zip', 'The file'), 409: { description: 'There are none' } },
    open,
  ),
  '/exports/{id}/content': stream(
    'exports-content',
    'Exports',
    'The archive of an export. Range works',
    [ofDataset],
    {
      200: bytes('application/zip', 'All of it'),
      206: bytes('application/zip', 'The range that was asked for'),
      302: { description: 'It is at the URL in Location, for five minutes' },
      304: { description: 'It is as If-None-Match has it' },
      409: { description: 'It is not complete, or has expired' },
      416: { description: 'The range begins behind its end' },
    },
    open,
  ),
  '/backups/{id}/content': stream('backups-content', 'Backups', 'The zip of a backup. Range works', [ofDataset], {
    200: bytes('application/zip', 'All of it'),
    206: bytes('application/zip', 'The range that was asked for'),
    302: { description: 'It is at the URL in Location, for five minutes' },
    409: { description: 'The backup is not complete, or has expired' },
  }),
  '/datasets/{id}/audit-log/export': stream(
    'audit-export',
    'Audit',
    'The audit log of a dataset as a file; the filters are those of the list',
    [ofDataset, text('format', 'query', false, '"csv" or "jsonl".')],
    { 200: bytes('text/csv', 'The file') },
  ),
  '/admin/audit-log/export': stream(
    'audit-exportAll',
    'Audit',
    'The audit log of the site as a file; the filters are those of the list',
    [text('format', 'query', false, '"csv" or "jsonl".')],
    { 200: bytes('text/csv', 'The file') },
  ),
  '/jobs/{id}/events': stream(
    'jobs-events',
    'Jobs',
    'Server-sent events: "progress" with the whole job, then "completed" or "failed" once, and the end',
    [ofDataset],
    { 200: bytes('text/event-stream', 'The events') },
  ),
};
