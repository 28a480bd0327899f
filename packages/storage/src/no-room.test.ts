import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAway } from './away.ts';
import { isNoRoom } from './no-room.ts';
import { S3Store } from './s3.ts';

/** What the server answers to everything, by the name of the key that is asked for. */
const ANSWERS: Record<string, [status: number, code: string]> = {
  ceph: [403, 'QuotaExceeded'],
  minio: [400, 'XMinioAdminBucketQuotaExceeded'],
  'minio-disks': [507, 'XMinioStorageFull'],
  'by-status': [507, 'SomethingElse'],
  forbidden: [403, 'AccessDenied'],
  'too-large': [400, 'EntityTooLarge'],
  busy: [503, 'ServiceUnavailable'],
};
let server: Server;
let store: S3Store;

beforeAll(async () => {
  server = createServer((req, res) => {
    const [status, code] = ANSWERS[req.url?.split(/[/?]/)[2] ?? ''] ?? [404, 'NoSuchKey'];
    req.resume().on('end', () => {
      const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>said by the server</Message></Error>`;
      res.writeHead(status, { 'content-type': 'application/xml' }).end(body);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  store = new S3Store({
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    region: 'auto',
    bucket: 'bucket',
    accessKeyId: 'a',
    secretAccessKey: 'b',
    forcePathStyle: true,
  });
});
afterAll(() => {
  store.client.destroy();
  server.closeAllConnections();
  server.close();
});

const refusalOf = (key: string): Promise<unknown> =>
  store.put(key, Buffer.from('x')).then(
    () => null,
    (error) => error,
  );

test.each(['ceph', 'minio', 'minio-disks', 'by-status'])('a bucket without room is full: %s', async (key) => {
  expect(isNoRoom(await refusalOf(key))).toBe(true);
});

test.each(['forbidden', 'too-large'])(
  'what is refused for another reason is neither full nor away: %s',
  async (key) => {
    const error = await refusalOf(key);
    expect(error).toBeInstanceOf(Error);
    expect([isNoRoom(error), isAway(error)]).toEqual([false, false]);
  },
);

test('a bucket that asks for patience, or does not answer, is away', async () => {
  const busy = await refusalOf('busy');
  expect([isAway(busy), isNoRoom(busy)]).toEqual([true, false]);
  const gone = new S3Store({ ...store.settings, endpoint: 'http://127.0.0.1:9' });
  const refused = await gone.check().catch((error) => error);
  expect(isAway(refused)).toBe(true);
  gone.client.destroy();
});
