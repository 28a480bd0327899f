import { rmSync } from 'node:fs';
import { sealConfirmation } from '@granary/core/accounts/sign-up';
import { hubSettings } from '@granary/core/secrets/seal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StandInHub, startStandInHub } from '../../tools/hub/server.ts';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { call, document, procedures, succeeded } from '../support/contract.ts';
import { makeHubData } from '../support/hub-data.ts';
import { ALL, PEOPLE, RIGHTS, TABLE, type Who, type World } from '../support/matrix-table.ts';
import { useGranary } from '../support/world.ts';

/** Subscriptions, which REST has not, or in another form. */
const STREAMS = ['jobs.watch', 'tables.search'];
const NOBODY = '00000000-0000-4000-8000-000000000000';

let hub: StandInHub;
let hubData: string;
const clients = {} as Record<Who, Client>;
const ids: Record<string, string> = {};
let world: World;

beforeAll(async () => {
  hubData = await makeHubData();
  hub = await startStandInHub(hubData);
});
const granary = useGranary(() => ({ env: { HF_ENDPOINT: hub.url } }));
beforeAll(async () => {
  for (const name of ['admin', ...ALL.slice(0, -1), 'bystander']) {
    const client = await granary.person(name);
    ids[name] = client.id;
    if (name !== 'bystander') clients[name as Who] = client;
  }
  clients.anonymous = granary.nobody();
  clients.passerBy = new Client(await granary.anotherWeb({ GRANARY_ANONYMOUS_READ: 'true' }));
  const { owner } = clients;
  const made = async (name: string, input: Record<string, unknown>) => (await call(owner, name, input)).body as never;
  const { id: organizationId } = await made('organizations.create', { name: 'The team' });
  await made('organizations.addMember', { id: organizationId, userId: ids.member });
  const { id } = await made('datasets.create', { name: 'theirs', organizationId, visibility: 'organization' });
  const upload = await owner.upload(id, 'a.zip', await zipOf(await yoloDataset(3)));
  const { importId, jobId } = await owner.startImport(id, [upload]);
  await owner.waitForJob(jobId);
  for (const role of ['viewer', 'editor', 'bystander'] as const)
    await made('sharing.grant', { id, userId: ids[role], role: role === 'bystander' ? 'viewer' : role });
  await made('versions.create', { id, tags: ['first'] });
  const check = await made('integrity.start', { datasetId: id });
  await owner.waitForJob((check as { jobId: string }).jobId);
  const backup: { backupId: string; jobId: string } = await made('backups.create', { id });
  await owner.waitForJob(backup.jobId);
  const invitation: { id: string; token: string } = await made('sharing.invite', {
    id,
    email: 'invited@example.org',
    role: 'viewer',
  });
  world = {
    id,
    importId,
    jobId,
    organizationId,
    strangerId: ids.stranger ?? '',
    invitationId: invitation.id,
    token: invitation.token,
    fileId: (await owner.json('GET', `/api/v1/datasets/${id}/images`)).body.items[0].id,
    transferId: NOBODY,
    linkId: NOBODY,
    keyId: ((await made('auth.createApiKey', { name: 'k', scopes: ['read'] })) as { id: string }).id,
    usageId: ((await made('usages.register', { id, service: 'of the owner', externalId: '1' })) as { id: string }).id,
    backupId: backup.backupId,
    checkId: (check as { jobId: string }).jobId,
    tokenizationId: '00000000-0000-4000-8000-0000000000aa',
    exportId: '00000000-0000-4000-8000-0000000000ab',
  };
});
afterAll(async () => {
  await hub.close();
  rmSync(hubData, { recursive: true, force: true });
});

test('every procedure has a row, and a call in REST', () => {
  expect(Object.keys(TABLE).sort()).toEqual(Object.keys(procedures).sort());
  expect(Object.entries(procedures).flatMap(([name, rest]) => (rest ? [] : [name]))).toEqual(STREAMS);
});

test('the document says of each call whether one may do without signing in', () => {
  for (const [name, rest] of Object.entries(procedures)) {
    if (!rest) continue;
    const { security = [] }: { security?: object[] } =
      document.paths?.[rest.path]?.[rest.method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete'] ?? {};
    const needs = TABLE[name]?.needs ?? '';
    const account = [{ session: [] }, { apiKey: [] }];
    const open = [{}, ...account];
    expect(security, name).toEqual(needs === 'nothing' ? [] : ['look', 'read'].includes(needs) ? open : account);
  }
});

/** What is used up by who may use it is made anew for everyone. */
async function fresh(name: string): Promise<void> {
  const { owner } = clients;
  const { id } = world;
  if (name.endsWith('Transfer')) {
    const { sql } = granary.database;
    await sql`delete from dataset_transfers`;
    await sql`update datasets set owner_id = ${ids.owner ?? ''}, organization_id = ${world.organizationId},
      visibility = case visibility when 'private' then 'organization' else visibility end where id = ${id}`;
    if (name === 'sharing.offerTransfer') return;
    world.transferId = String((await call(owner, 'sharing.offerTransfer', { id, userId: ids.editor })).body.id);
  }
  if (name === 'sharing.revokeLink') world.linkId = String((await call(owner, 'sharing.createLink', { id })).body.id);
  if (/Invitation$/.test(name)) {
    const invited = await call(owner, 'sharing.invite', { id, email: 'invited@example.org', role: 'viewer' });
    world.invitationId = String(invited.body.id);
  }
  if (name === 'tokenization.remove') {
    await granary.database.sql`insert into tokenizations (id, dataset_id, import_id, slug, tokenizer, options)
      values (${world.tokenizationId}, ${id}, ${world.importId}, 'x', 'x', '{}') on conflict do nothing`;
  }
  if (name === 'exports.get' || name === 'exports.delete') {
    await granary.database
      .sql`insert into exports (id, dataset_id, revision, format, options, sameness, state, storage_key, job_id, expires_at)
      values (${world.exportId}, ${id}, 1, 'coco', '{"splits": null, "q": null, "images": true, "container": "zip"}', 'x', 'expired', ${`exports/${id}/x.zip`}, ${NOBODY}, now()) on conflict do nothing`;
  }
  if (name === 'sharing.revoke') await call(owner, 'sharing.grant', { id, userId: ids.bystander, role: 'viewer' });
  if (name === 'auth.logout' || name === 'auth.logoutEverywhere') {
    for (const who of ALL) {
      const path = '/api/v1/auth/login';
      await clients[who].json('POST', path, { email: `${who}@example.org`, password: 'correct horse' });
    }
  }
}

/** The input of a procedure's row, with the people whom it names. */
function inputOf(name: string, ofWorld: World): Record<string, unknown> {
  const input = { ...TABLE[name]?.input?.(ofWorld) };
  for (const [key, value] of Object.entries(input))
    if (typeof value === 'string' && /^[A-Z]+$/.test(value)) input[key] = ids[value.toLowerCase()];
  return input;
}

async function statusOf(name: string, who: Who): Promise<number> {
  await fresh(name);
  const client = clients[who];
  if (STREAMS.includes(name)) {
    const input = encodeURIComponent(JSON.stringify({ id: name === 'jobs.watch' ? world.jobId : world.id }));
    const answer = await client.raw('GET', `/trpc/${name}?input=${input}`);
    const text = await answer.text();
    // The stream is there already when it is refused: the refusal comes in it.
    return Number(/"httpStatus":(\d+)/.exec(text)?.[1] ?? answer.status);
  }
  const { status } = await call(client, name, inputOf(name, world));
  if (name.startsWith('auth.logout')) await fresh(name);
  return status;
}

describe('who may do what', () => {
  test.each(Object.keys(TABLE))('%s', async (name) => {
    const row = TABLE[name];
    if (!row) throw new Error(name);
    const right: { may: readonly Who[]; else(who: Who): number } = RIGHTS[row.needs];
    const [asked, expected]: [string[], string[]] = [[], []];
    for (const who of PEOPLE) {
      const status = await statusOf(name, who);
      const isRefused = [401, 403, 404].includes(status);
      asked.push(`${who}: ${isRefused ? status : 'may'}`);
      const refusal = who === 'anonymous' || who === 'passerBy' ? 401 : right.else(who);
      expected.push(`${who}: ${right.may.includes(who) ? 'may' : refusal}`);
    }
    expect(asked).toEqual(expected);
  });

  test('what is public is seen by whoever is signed in, and by who passes by where the site lets them; nobody else changes it', async () => {
    const of = (visibility: string) =>
      granary.database.sql`update datasets set visibility = ${visibility} where id = ${world.id}`;
    await of('public');
    try {
      for (const [name, { needs }] of Object.entries(TABLE)) {
        if (needs === 'nothing') continue;
        const isOpen = needs === 'read' || needs === 'look';
        expect(await statusOf(name, 'passerBy'), name).toBe(isOpen ? 200 : 401);
        if (needs !== 'read' && needs !== 'see' && needs !== 'edit' && needs !== 'manage') continue;
        const status = await statusOf(name, 'stranger');
        // A dataset of images has no rows to show the tokens of.
        if (name === 'tokenization.preview') expect(status).toBe(409);
        // A fork is made by a name, an export of a version, and a comment has a text, which the table does not give.
        else if (['forks.create', 'exports.create'].includes(name) || /^work\..*[cC]omment$/.test(name))
          expect(status, name).toBe(400);
        else if (needs === 'see' || needs === 'read') expect([200, 201], name).toContain(status);
        else expect(status, name).toBe(403);
        expect(await statusOf(name, 'anonymous'), name).toBe(401);
      }
    } finally {
      await of('organization');
    }
  });

  test('what one may not see is answered as what is not there', async () => {
    const fileId = 2 ** 40;
    const invented: World = { ...world, fileId };
    for (const key of Object.keys(invented) as (keyof World)[])
      if (key !== 'fileId') invented[key] = crypto.randomUUID();
    let compared = 0;
    for (const [name, { needs, input }] of Object.entries(TABLE)) {
      if (!input || STREAMS.includes(name) || ['nothing', 'signedIn', 'look'].includes(needs)) continue;
      await fresh(name);
      for (const who of ['stranger', 'passerBy'] as const) {
        const answerOf = async (ofWorld: World) => {
          const { status, body } = await call(clients[who], name, inputOf(name, ofWorld));
          return { status, body };
        };
        expect(await answerOf(invented), `${name}, ${who}`).toEqual(await answerOf(world));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(100);
    const upload = await clients.owner.createUpload(world.id, 'theirs.zip', 10);
    for (const uploadId of [upload, crypto.randomUUID().replaceAll('-', '')])
      expect(
        (await clients.stranger.json('POST', '/api/v1/datasets/analyze', { uploadIds: [uploadId] })).body,
      ).toMatchObject({ code: 'upload_unknown', issues: [{ path: 'uploadIds', message: uploadId }] });
  });

  test('who came by a link of a version reads that version, and nothing else', async () => {
    const { owner } = clients;
    const { id } = world;
    const readable = new Set(
      [
        'datasets.get',
        'datasets.statistics',
        'versions.get',
        'files.list',
        'files.preview',
        'tables.list',
        'tables.samples',
      ].concat([
        'images.list',
        'images.names',
        'images.get',
        'images.annotations',
        'annotations.losses',
        'exports.losses',
        'tables.search',
      ]),
    );
    const { body: link } = await call(owner, 'sharing.createLink', { id, version: 'first' });
    const guest = granary.nobody();
    await call(guest, 'sharing.openLink', { token: link.token });
    clients.passerBy = guest;
    for (const [name, { needs, input }] of Object.entries(TABLE)) {
      if (!input || !['read', 'see', 'edit', 'manage'].includes(needs)) continue;
      const status = await statusOf(name, 'passerBy');
      if (readable.has(name)) expect(status, name).toBe(200);
      else expect([401, 404], name).toContain(status);
    }
    expect((await call<{ items: object[] }>(guest, 'datasets.list', {})).body.items).toEqual([]);
  });

  test('and what is private by its organization’s managers, not by its members', async () => {
    await granary.database.sql`update datasets set visibility = 'private' where id = ${world.id}`;
    for (const name of ['datasets.get', 'files.list', 'images.get', 'datasets.update', 'deletion.impact'])
      expect(await statusOf(name, 'member'), name).toBe(404);
    expect(await statusOf('datasets.get', 'owner')).toBe(200);
    await granary.database.sql`update datasets set visibility = 'organization' where id = ${world.id}`;
  });
});

/** What is made: the fields that are used again. */
type Made = Record<'id' | 'token' | 'url' | 'jobId' | 'importId' | 'tokenizationId' | 'etag', string> & {
  items: { id: number }[];
};

test('what the table does not do is done once for real', async () => {
  const { admin, owner } = clients;
  const ok = async (client: Client, name: string, input: Record<string, unknown>): Promise<Made> => {
    const { status, body } = await call<Made>(client, name, input);
    expect(status, `${name} ${JSON.stringify(body)}`).toBeLessThan(300);
    return body;
  };
  const visitor = granary.nobody();
  const invited = await ok(admin, 'sharing.inviteToSite', { email: 'visitor@example.org' });
  await ok(visitor, 'sharing.openInvitation', { token: invited.token });
  const account = { email: 'visitor@example.org', password: 'correct horse', name: 'visitor' };
  const { id: userId } = await ok(visitor, 'auth.register', account);
  await ok(visitor, 'sharing.acceptInvitation', { token: invited.token });
  await ok(visitor, 'auth.changePassword', { currentPassword: account.password, newPassword: 'battery staple' });
  await ok(visitor, 'auth.rename', { name: 'renamed' });
  const reset = await ok(admin, 'accounts.resetLink', { userId });
  await ok(visitor, 'auth.resetPassword', { token: reset.url.split('/').at(-1), newPassword: account.password });
  await ok(visitor, 'auth.login', { email: account.email, password: account.password });
  const confirmed = { email: 'confirmed@example.org', name: 'confirmed', passwordHash: '' };
  const sealing = hubSettings.parse({ GRANARY_SECRET_KEY: 'ab'.repeat(32) });
  await ok(granary.nobody(), 'auth.confirm', { token: sealConfirmation(sealing, confirmed) });

  const { id: team } = await ok(visitor, 'organizations.create', { name: 'Another team' });
  await ok(visitor, 'organizations.addMember', { id: team, userId: ids.stranger });
  await ok(visitor, 'organizations.changeMember', { id: team, userId: ids.stranger, role: 'admin' });
  await ok(visitor, 'organizations.removeMember', { id: team, userId: ids.stranger });
  await ok(visitor, 'organizations.delete', { id: team });

  const { id } = await ok(visitor, 'datasets.create', { name: 'once' });
  const zip = await zipOf(await yoloDataset(3));
  const upload = await visitor.upload(id, 'a.zip', zip);
  await ok(visitor, 'analysis.analyze', { uploadIds: [upload] });
  const imported = await ok(visitor, 'imports.create', { id, uploadIds: [upload] });
  await visitor.waitForJob(imported.jobId);
  const repaired = await ok(visitor, 'imports.repair', { id, importId: imported.importId, codes: [] });
  await visitor.waitForJob(repaired.jobId);
  const removed = await ok(visitor, 'imports.remove', { id, paths: ['labels/train/000000.txt'] });
  await visitor.waitForJob(removed.jobId);
  await ok(visitor, 'versions.create', { id, message: 'without one', tags: ['kept'] });
  const back = await ok(visitor, 'versions.undo', { id, revision: 3 });
  await visitor.waitForJob(back.jobId);
  const rolled = await ok(visitor, 'versions.rollback', { id, to: 'kept' });
  await visitor.waitForJob(rolled.jobId);
  const fork = await ok(visitor, 'forks.create', { id, name: 'forked', version: 'kept' });
  await visitor.waitForJob(fork.jobId);
  await ok(visitor, 'forks.update', { id: fork.id });
  await visitor.waitForJob((await ok(visitor, 'forks.merge', { id: fork.id })).jobId);
  const exported = await ok(visitor, 'exports.create', { id, format: 'coco', version: 'kept' });
  await visitor.waitForJob(exported.jobId);
  await ok(visitor, 'exports.losses', { id, format: 'coco' });
  await ok(visitor, 'exports.list', { id });
  await ok(visitor, 'exports.get', { id: exported.id });
  await ok(visitor, 'exports.delete', { id: exported.id });
  await ok(visitor, 'versions.update', { id, ref: '1', message: 'with one fewer' });
  await ok(visitor, 'versions.setTag', { id, tag: 'prod', version: 'v1' });
  await ok(visitor, 'versions.deleteTag', { id, tag: 'prod' });
  await ok(visitor, 'versions.delete', { id, ref: '1' });
  await ok(visitor, 'datasets.bulkUpdate', { ids: [id], addTags: ['seen'] });
  // Another file at a path that is taken, and an import that is asked to fail on that: the upload is kept.
  const taken = await zipOf(new Map([['data.yaml', Buffer.from('names: [other]')]]));
  const uploadIds = [await visitor.upload(id, 'b.zip', taken)];
  const failed = await ok(visitor, 'imports.create', { id, uploadIds, onConflict: 'fail' });
  await visitor.waitForJob(failed.jobId);
  const again = await ok(visitor, 'jobs.retry', { id: failed.jobId });
  await visitor.waitForJob(again.jobId);
  const third = await ok(visitor, 'datasets.retry', { id });
  await visitor.waitForJob(third.jobId);
  await granary.worker.end();
  const waiting = await ok(visitor, 'imports.create', { id, uploadIds: [await visitor.upload(id, 'c.zip', zip)] });
  await ok(visitor, 'jobs.cancel', { id: waiting.jobId });
  await granary.worker.start();

  await ok(visitor, 'hub.info', { repoId: 'plain' });
  await ok(visitor, 'hub.lookUp', { repoId: 'plain' });
  await granary.worker.end();
  const download = await ok(visitor, 'hub.download', { repoId: 'plain' });
  await ok(visitor, 'jobs.pause', { id: download.jobId });
  await ok(visitor, 'jobs.resume', { id: download.jobId });
  await granary.worker.start();
  await visitor.waitForJob(download.jobId);
  await ok(visitor, 'tables.list', { id: download.id });
  await ok(visitor, 'tables.samples', { id: download.id, search: 'question' });
  await ok(visitor, 'tokenization.preview', { id: download.id, tokenizer: 'org/words', template: '{id}' });
  const tokenized = await ok(visitor, 'tokenization.create', {
    id: download.id,
    tokenizer: 'org/words',
    template: '{id}',
  });
  await visitor.waitForJob(tokenized.jobId);
  await ok(visitor, 'tokenization.list', { id: download.id });
  await ok(visitor, 'tokenization.remove', { id: download.id, tokenizationId: tokenized.tokenizationId });

  const fileId = (await ok(visitor, 'images.list', { id })).items[0]?.id;
  const { etag } = await ok(visitor, 'images.editing', { id, fileId });
  await ok(visitor, 'images.saveAnnotations', { id, fileId, basedOn: etag, annotations: [] });
  const done = async (name: string, input: object) =>
    visitor.waitForJob((await ok(visitor, name, { id, ...input })).jobId);
  await ok(visitor, 'annotations.palette', { id });
  await done('imports.publish', {});
  await done('labels.addClass', { name: 'fresh' });
  const [known, , fresh] = (await ok(visitor, 'labels.classes', { id })).items;
  await done('labels.renameClass', { classId: known?.id, name: 'renamed' });
  await done('labels.mergeClasses', { from: [fresh?.id], into: known?.id });
  await done('labels.addClass', { name: 'brief' });
  const brief = (await ok(visitor, 'labels.classes', { id })).items.at(-1);
  await done('labels.deleteClass', { classId: brief?.id });
  await done('labels.changeImages', { fileIds: [fileId], confirmCount: 1, do: { state: 'accepted' } });
  await ok(visitor, 'labels.previewSplits', { id, train: 1, val: 1, test: 0 });
  await done('labels.divide', { train: 1, val: 1, test: 0 });
  const divided = (await ok(visitor, 'images.list', { id })).items[0]?.id;
  await ok(visitor, 'work.assign', { id, fileIds: [divided], userId });
  const box = { type: 'bbox', className: 'renamed', geometry: { box: [1, 1, 4, 4] }, score: 0.5 };
  await ok(visitor, 'work.postPredictions', { id, model: 'm', items: [{ fileId: divided, annotations: [box] }] });
  const comment = await ok(visitor, 'work.comment', { id, body: 'Look.' });
  await ok(visitor, 'work.changeComment', { id, commentId: comment.id, body: 'Look again.' });
  await ok(visitor, 'work.deleteComment', { id, commentId: comment.id });

  const link = await ok(visitor, 'sharing.createLink', { id });
  await ok(granary.nobody(), 'sharing.openLink', { token: link.token });

  await ok(visitor, 'deletion.delete', { id, confirmName: 'once', createBackup: 'false' });
  await ok(visitor, 'deletion.restore', { id });
  await ok(visitor, 'deletion.bulkDelete', { ids: [id], confirmCount: 1, createBackup: false });
  await ok(visitor, 'deletion.bulkRestore', { ids: [id] });
  const { id: second } = await ok(visitor, 'datasets.create', { name: 'twice' });
  await ok(visitor, 'deletion.bulkDelete', { ids: [id, second], confirmCount: 2, createBackup: false });
  const purged = await ok(visitor, 'deletion.purge', { id, confirmName: 'once' });
  await visitor.waitForJob(purged.jobId);
  await ok(visitor, 'deletion.bulkPurge', { ids: [second], confirmCount: 1 });

  const answer = await owner.raw('GET', `/api/v1/backups/${world.backupId}/content`);
  const { id: empty } = await ok(visitor, 'datasets.create', { name: 'from a backup' });
  const backup = await visitor.upload(empty, 'backup.zip', Buffer.from(await answer.arrayBuffer()));
  const restored = await ok(visitor, 'backups.restoreUpload', { id: empty, uploadId: backup });
  expect((await visitor.waitForJob(restored.jobId)).state).toBe('completed');

  await ok(admin, 'samples.publish', { id: 'det-once-1', name: 'Once' });
  await granary.store.put('datasets/det-once-2/a.txt', Buffer.from('adopted'));
  await ok(admin, 'samples.adopt', { id: 'det-once-2', name: 'Twice' });
  await ok(admin, 'accounts.delete', { userId, confirmEmail: account.email, datasets: 'delete' });
});

test('every call was seen to succeed as the document says', () => {
  expect(Object.keys(procedures).filter((name) => !succeeded.has(name))).toEqual(STREAMS);
});
