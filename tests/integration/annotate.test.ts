import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let client: Client;
let id: string;

beforeAll(async () => {
  client = await granary.person('owner');
  id = await client.createDataset();
  await client.importArchive(id, 'a.zip', await zipOf(await yoloDataset(4)));
});

interface Shown {
  id: number;
  type: string;
  className: string | null;
  geometry: Record<string, unknown>;
  attributes?: Record<string, unknown>;
  createdBy: string | null;
}

const listed = async (query = '') =>
  (await client.json('GET', `/api/v1/datasets/${id}/images?withAnnotations=true&${query}`)).body.items;
const imageAt = async (index: number): Promise<number> => (await listed())[index].id;
const read = async (fileId: number) =>
  (await client.json('GET', `/api/v1/datasets/${id}/images/${fileId}/editing`)).body;
const save = (fileId: number, body: object, who = client) =>
  who.json('PUT', `/api/v1/datasets/${id}/images/${fileId}/annotations`, body);
const sent = (annotations: Shown[]) =>
  annotations.map(({ id, type, className, geometry, attributes }) => ({ id, type, className, geometry, attributes }));

describe('an edit', () => {
  test('stands over the files: in the image, the gallery, and queries, but in no fixed revision', async () => {
    const fileId = await imageAt(0);
    const before = await read(fileId);
    expect(before.isPublished).toBe(true);
    const [first] = before.annotations as Shown[];
    const box = { type: 'bbox', className: first?.className, geometry: { box: [1, 2, 10, 12] } };
    const made = await save(fileId, { basedOn: before.etag, annotations: [...sent(before.annotations), box] });
    expect(made).toMatchObject({ status: 200, body: { isPublished: false, state: 'completed', editedBy: client.id } });
    expect(made.body.etag).not.toBe(before.etag);
    expect(made.body.annotations.slice(0, -1)).toEqual(before.annotations);
    const added: Shown = made.body.annotations.at(-1);
    expect(added).toMatchObject({ ...box, createdBy: client.id, state: 'confirmed' });
    expect((await read(fileId)).annotations).toEqual(made.body.annotations);
    const path = `/api/v1/datasets/${id}/images/${fileId}/annotations`;
    const ids = (answer: { body: { items: Shown[] } }) => answer.body.items.map((shown) => shown.id);
    const first2 = await client.json('GET', `${path}?limit=1&withTotal=true`);
    expect(first2.body.total).toBe(made.body.annotations.length);
    const rest = await client.json('GET', `${path}?cursor=${first2.body.nextCursor}`);
    expect([...ids(first2), ...ids(rest)]).toContain(added.id);
    expect(ids(await client.json('GET', `${path}?version=r1`))).not.toContain(added.id);
    const count = made.body.annotations.length;
    const ofClass = made.body.annotations.filter((shown: Shown) => shown.className === first?.className).length;
    const found = await listed(`q=${encodeURIComponent(`class:${first?.className}>=${ofClass} changed>2000-01-01`)}`);
    expect(found.map((image: { id: number }) => image.id)).toContain(fileId);
    expect(await listed(`version=r1&q=${encodeURIComponent('changed>2000-01-01')}`)).not.toEqual([]);
    expect((await listed()).find((image: { id: number }) => image.id === fileId).annotations).toHaveLength(count);
  });

  test('based on what somebody else has changed is refused, with what there is now', async () => {
    const fileId = await imageAt(1);
    const { etag, annotations } = await read(fileId);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        save(fileId, {
          basedOn: etag,
          annotations: [{ type: 'bbox', className: annotations[0].className, geometry: { box: [i, 1, 5, 5] } }],
        }),
      ),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const { status, body } of answers) {
      if (status === 200) continue;
      expect(body).toMatchObject({ code: 'edited_meanwhile', present: { annotations: won[0]?.body.annotations } });
    }
    const again = await save(fileId, { basedOn: won[0]?.body.etag, annotations: sent(won[0]?.body.annotations) });
    expect(again.body.etag).toBe(won[0]?.body.etag);
    const gone = await save(fileId, { basedOn: again.body.etag, annotations: [], state: 'in_progress' });
    expect(gone.body).toMatchObject({ annotations: [], state: 'in_progress' });
    const inProgress = await listed('q=state:in_progress');
    expect(inProgress.map((image: { id: number }) => image.id)).toEqual([fileId]);
    expect((await listed('labeled=true')).map((image: { id: number }) => image.id)).not.toContain(fileId);
  });

  test('that says what cannot be is refused, with the place of the mistake', async () => {
    const fileId = await imageAt(2);
    const { etag } = await read(fileId);
    const className = 'x';
    const tries = [
      [{ type: 'bbox', className, geometry: { box: [1, 1, 0, 5] } }, 'annotations.0.geometry.box.2'],
      [{ type: 'bbox', className, geometry: { box: [1, 1, 5000, 5] } }, 'annotations.0.geometry'],
      [{ type: 'bbox', geometry: { box: [1, 1, 5, 5] } }, 'annotations.0.classId'],
      [{ type: 'bbox', classId: 999_999, geometry: { box: [1, 1, 5, 5] } }, 'annotations.0.classId'],
      [{ type: 'polygon', className, geometry: { polygons: [[1, 1, 2, 2, 3, 3]] } }, 'annotations.0.geometry'],
    ] as const;
    for (const [annotation, path] of tries) {
      const { status, body } = await save(fileId, { basedOn: etag, annotations: [annotation] });
      expect({ status, path: body.issues?.[0]?.path }).toEqual({ status: 400, path });
    }
    const captioned = [{ type: 'caption', geometry: { caption: 'An ant.' } }];
    const lost = await save(fileId, { basedOn: etag, annotations: captioned });
    expect(lost).toMatchObject({ status: 422, body: { code: 'format_cannot_hold' } });
    expect(lost.body.message).toContain('captions are left out');
    expect((await read(fileId)).etag).toBe(etag);
  });

  test('is for those who may edit', async () => {
    const fileId = await imageAt(3);
    const { etag } = await read(fileId);
    const viewer = await granary.person('viewer');
    await client.json('POST', `/api/v1/datasets/${id}/permissions`, { userId: viewer.id, role: 'viewer' });
    expect((await save(fileId, { basedOn: etag, annotations: [] }, viewer)).status).toBe(403);
  });
});

describe('predictions', () => {
  test('are in no annotation until somebody accepts them', async () => {
    const fileId = await imageAt(3);
    const [{ path }] = (await client.json('GET', `/api/v1/datasets/${id}/images?limit=1`)).body.items;
    const box = (x: number) => ({ type: 'bbox', className: 'seen', geometry: { box: [x, 1, 6, 6] }, score: x / 10 });
    const posted = await client.json('POST', `/api/v1/datasets/${id}/predictions`, {
      model: 'm1',
      items: [
        { fileId, annotations: [box(9), box(5), box(1)] },
        { path, annotations: [box(8)] },
        { path: 'no', annotations: [] },
      ],
    });
    expect(posted.body).toEqual({ images: 2, predictions: 4, unknown: ['no'] });
    const seen = async () =>
      (await client.json('GET', `/api/v1/datasets/${id}/images/${fileId}/predictions`)).body.items;
    const [first, , last] = await seen();
    expect(first).toMatchObject({ score: 0.9, className: 'seen', model: 'm1' });
    const before = await read(fileId);
    expect(before.annotations.map((shown: Shown) => shown.className)).not.toContain('seen');
    const reviewed = await client.json('POST', `/api/v1/datasets/${id}/images/${fileId}/review`, {
      accept: [first.id],
      reject: [last.id],
    });
    expect(reviewed.body).toMatchObject({ accepted: 1, rejected: 1 });
    expect(reviewed.body.annotations.at(-1)).toMatchObject({ className: 'seen', geometry: { box: [9, 1, 6, 6] } });
    expect(await seen()).toHaveLength(1);
    const all = await client.json('POST', `/api/v1/datasets/${id}/predictions/accept`, { model: 'm1', minScore: 0.5 });
    expect(all.body).toEqual({ images: 2, predictions: 2, refused: [], hasMore: false });
  });
});

describe('work', () => {
  test('is assigned, asked for by queue, and counted', async () => {
    const worker = await granary.person('worker');
    await client.json('POST', `/api/v1/datasets/${id}/permissions`, { userId: worker.id, role: 'editor' });
    const [fileId, other] = [await imageAt(1), await imageAt(2)];
    const assigned = await client.json('POST', `/api/v1/datasets/${id}/assignments`, {
      fileIds: [fileId, other],
      userId: worker.id,
    });
    expect(assigned.body).toEqual({ assigned: 2 });
    await save(other, { basedOn: (await read(other)).etag, annotations: [], state: 'needs_review' });
    const next = async (queue: string, who = worker) =>
      (await who.json('GET', `/api/v1/datasets/${id}/next-image?queue=${queue}`)).body;
    expect(await next('review')).toMatchObject({ left: 1, image: { id: other } });
    expect(await next('mine')).toMatchObject({ left: 2, image: { id: fileId } });
    expect(await next('mine', client)).toEqual({ left: 0, image: null });
    const progress = (await client.json('GET', `/api/v1/datasets/${id}/progress`)).body;
    expect(progress.states).toMatchObject({ needs_review: 1 });
    expect(progress.people).toContainEqual(expect.objectContaining({ userId: worker.id, assigned: 2 }));
  });

  test('is talked about, with mentions of those who can see it', async () => {
    const [viewer, stranger] = [await granary.person('reader'), await granary.person('stranger')];
    await client.json('POST', `/api/v1/datasets/${id}/permissions`, { userId: viewer.id, role: 'viewer' });
    const fileId = await imageAt(0);
    const comments = `/api/v1/datasets/${id}/comments`;
    const body = `Look @[reader](user:${viewer.id}) and @[x](user:${stranger.id})`;
    const made = await client.json('POST', comments, { body, fileId });
    expect(made).toMatchObject({ status: 201, body: { mentions: [viewer.id], createdBy: client.id, fileId } });
    expect((await viewer.json('GET', `${comments}?fileId=${fileId}`)).body.items).toEqual([made.body]);
    expect((await viewer.json('PATCH', `${comments}/${made.body.id}`, { body: 'no' })).status).toBe(403);
    expect((await viewer.json('DELETE', `${comments}/${made.body.id}`)).status).toBe(403);
    expect((await stranger.json('GET', comments)).status).toBe(404);
    expect((await client.json('DELETE', `${comments}/${made.body.id}`)).body).toEqual({ ok: true });
  });
});

describe('publishing', () => {
  test('comes before a version, and leaves what conflicts with an import to people', async () => {
    const fileId = await imageAt(0);
    const { etag, annotations } = await read(fileId);
    const moved = (x: number) =>
      annotations.map((shown: Shown) => ({ ...sent([shown])[0], geometry: { box: [x, 1, 7, 7] } }));
    await save(fileId, { basedOn: etag, annotations: moved(2) });
    const made = await client.json('POST', `/api/v1/datasets/${id}/versions`, { message: 'with edits' });
    expect(made.status).toBe(201);
    const now = await read(fileId);
    expect(now.isPublished).toBe(true);
    const { annotations: stored } = now;
    const { revision } = await client.dataset(id);
    await save(fileId, { basedOn: now.etag, annotations: moved(3) });
    // What an import makes of the same annotations meanwhile.
    await granary.database.sql`update annotations set added_in = ${revision + 1}, geometry = '{"box": [4, 1, 7, 7]}'
      where file_id = ${fileId} and removed_in is null`;
    await granary.database.sql`update datasets set revision = ${revision + 1} where id = ${id}`;
    await granary.database
      .sql`insert into annotations (id, project_id, file_id, class_id, type, geometry, attributes, state, added_in, removed_in)
      select id, project_id, file_id, class_id, type, '{"box": [2, 1, 7, 7]}', attributes, state, ${revision}, ${revision + 1}
      from annotations where file_id = ${fileId} and removed_in is null`;
    const started = await client.json('POST', `/api/v1/datasets/${id}/publish`, {});
    const job = await client.waitForJob(started.body.jobId);
    const [{ path }] = (await client.json('GET', `/api/v1/datasets/${id}/images?limit=1`)).body.items;
    expect(job).toMatchObject({ state: 'completed' });
    const left = await read(fileId);
    expect(left.isPublished).toBe(false);
    expect(left.conflict.annotations).toHaveLength(stored.length);
    expect(path).toBeTruthy();
    await save(fileId, { basedOn: left.etag, annotations: sent(left.annotations) });
  });
});
