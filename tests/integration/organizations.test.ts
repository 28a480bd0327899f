import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary({ worker: false });
let admin: Client;

beforeAll(async () => {
  admin = await granary.person('admin');
});

async function person(name: string): Promise<Client & { id: string }> {
  const client = await granary.person(name);
  const { id } = client;
  return Object.assign(client, { id });
}

async function team(name: string) {
  const [owner, lead, member, outsider] = [
    await person(`${name}-owner`),
    await person(`${name}-lead`),
    await person(`${name}-member`),
    await person(`${name}-outsider`),
  ];
  const { body } = await owner.json('POST', '/api/v1/organizations', { name });
  const path = `/api/v1/organizations/${body.id}`;
  await owner.json('POST', `${path}/members`, { email: `${name}-lead@example.org`, role: 'admin' });
  await owner.json('POST', `${path}/members`, { userId: member.id });
  return { id: body.id as string, path, owner, lead, member, outsider };
}

describe('organizations', () => {
  test('are made, seen by members only, renamed, and deleted when they have nothing', async () => {
    const { path, id, owner, lead, member, outsider } = await team('alpha');
    expect((await owner.json('POST', '/api/v1/organizations', { name: 'ALPHA' })).body.code).toBe('organization_taken');
    expect((await member.json('GET', path)).body).toMatchObject({ name: 'alpha', role: 'member', numMembers: 3 });
    expect((await outsider.json('GET', path)).status).toBe(404);
    expect((await granary.nobody().json('GET', path)).status).toBe(401);
    expect((await outsider.json('GET', '/api/v1/organizations')).body.items).toEqual([]);
    expect((await member.json('PATCH', path, { name: 'x' })).status).toBe(403);
    expect((await lead.json('PATCH', path, { name: 'alpha one' })).body.name).toBe('alpha one');
    const dataset = await member.json('POST', '/api/v1/datasets', { name: 'd', organizationId: id });
    expect(dataset.body).toMatchObject({ organizationId: id, ownerId: member.id });
    expect((await owner.json('DELETE', path)).body.code).toBe('organization_not_empty');
    await granary.database.sql`delete from datasets where id = ${dataset.body.id}`;
    expect((await lead.json('DELETE', path)).status).toBe(403);
    expect((await owner.json('DELETE', path)).status).toBe(200);
    expect((await owner.json('GET', path)).status).toBe(404);
  });

  test('the last owner stays, an admin makes no owners, and who leaves leaves what they made', async () => {
    const { path, id, owner, lead, member, outsider } = await team('beta');
    const members = `${path}/members`;
    expect((await owner.json('DELETE', `${members}/${owner.id}`)).body.code).toBe('last_owner');
    expect((await owner.json('PATCH', `${members}/${owner.id}`, { role: 'member' })).body.code).toBe('last_owner');
    expect((await lead.json('PATCH', `${members}/${member.id}`, { role: 'owner' })).status).toBe(403);
    expect((await lead.json('DELETE', `${members}/${owner.id}`)).status).toBe(403);
    expect((await member.json('POST', members, { userId: outsider.id })).status).toBe(403);
    expect((await owner.json('POST', members, { userId: member.id })).status).toBe(409);
    expect((await owner.json('POST', members, { email: 'nobody@example.org' })).body.code).toBe('unknown_account');
    const { body } = await member.json('POST', '/api/v1/datasets', { name: 'made', organizationId: id });
    expect((await member.json('DELETE', `${members}/${member.id}`)).status).toBe(200);
    expect((await member.json('GET', `/api/v1/datasets/${body.id}`)).status).toBe(404);
    expect((await lead.json('GET', `/api/v1/datasets/${body.id}`)).body).toMatchObject({
      ownerId: null,
      organization: { name: 'beta' },
      actions: expect.arrayContaining(['manage']),
    });
    // Two owners who leave at once: one of them stays.
    await owner.json('PATCH', `${members}/${lead.id}`, { role: 'owner' });
    const answers = await Promise.all([
      owner.json('DELETE', `${members}/${owner.id}`),
      lead.json('DELETE', `${members}/${lead.id}`),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test('what is for the organization is seen by its members, and by nobody else', async () => {
    const { id, owner, lead, member, outsider } = await team('gamma');
    const make = (body: object) => owner.json('POST', '/api/v1/datasets', body);
    const all = (await make({ name: 'for all', organizationId: id, visibility: 'organization' })).body.id;
    const own = (await make({ name: 'private', organizationId: id })).body.id;
    const status = async (client: Client, of: string) => (await client.json('GET', `/api/v1/datasets/${of}`)).status;
    expect([await status(member, all), await status(member, own)]).toEqual([200, 404]);
    expect([await status(lead, all), await status(lead, own)]).toEqual([200, 200]);
    expect([await status(outsider, all), await status(outsider, own)]).toEqual([404, 404]);
    const names = async (client: Client) =>
      (await client.json('GET', `/api/v1/datasets?organizationId=${id}&sort=name&order=asc`)).body.items.map(
        (item: { name: string }) => item.name,
      );
    expect([await names(member), await names(lead), await names(outsider)]).toEqual([
      ['for all'],
      ['for all', 'private'],
      [],
    ]);
    expect((await member.json('PATCH', `/api/v1/datasets/${all}`, { description: 'x' })).status).toBe(403);
    expect((await outsider.json('POST', '/api/v1/datasets', { name: 'x', organizationId: id })).status).toBe(400);
    expect((await make({ name: 'mine', visibility: 'organization' })).body.issues[0].path).toBe('visibility');
    expect((await make({ name: 'for all', organizationId: id })).body.code).toBe('name_taken');
    expect((await make({ name: 'for all' })).status).toBe(201);
    const people = await owner.json('GET', `/api/v1/datasets/${all}/permissions`);
    expect(people.body.items.map((item: { because: string }) => item.because)).toEqual([
      'owner',
      'organization',
      'organization',
    ]);
  });
});

test('an account that is the last owner is not deleted; of another, what it made stays with the organization', async () => {
  const { id, path, owner, member } = await team('eta');
  const made = (await member.json('POST', '/api/v1/datasets', { name: 'stays', organizationId: id })).body.id;
  const own = await member.createDataset('goes');
  const remove = (userId: string, name: string) => {
    const query = new URLSearchParams({ confirmEmail: `${name}@example.org`, datasets: 'delete' });
    return admin.json('DELETE', `/api/v1/admin/users/${userId}?${query}`);
  };
  expect(await remove(owner.id, 'eta-owner')).toMatchObject({ status: 409, body: { code: 'last_owner' } });
  expect((await owner.json('GET', '/api/v1/auth/me')).status).toBe(200);
  expect((await remove(member.id, 'eta-member')).body).toMatchObject({ deleted: 1, transferred: 0 });
  expect(await owner.dataset(made)).toMatchObject({ ownerId: null, deletedAt: null });
  expect((await admin.dataset(own)).deletedAt).not.toBeNull();
  const { body } = await owner.json('GET', `${path}/members`);
  expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['eta-lead', 'eta-owner']);
});

test('people are found by name among those one knows, and nobody else is', async () => {
  const { owner, outsider } = await team('zeta');
  const found = async (client: Client, search: string) =>
    (await client.json('GET', `/api/v1/people?search=${search}`)).body.items.map(({ name }: { name: string }) => name);
  expect(await found(owner, 'ZETA-')).toEqual(['zeta-lead', 'zeta-member']);
  expect(await found(outsider, 'zeta-')).toEqual([]);
  const id = await outsider.createDataset('known');
  await outsider.json('POST', `/api/v1/datasets/${id}/permissions`, { email: 'zeta-lead@example.org', role: 'viewer' });
  expect(await found(outsider, 'zeta-')).toEqual(['zeta-lead']);
  expect((await granary.nobody().json('GET', '/api/v1/people')).status).toBe(401);
});

describe('invitations', () => {
  test('a link works once, for whom it was made, and gives the role', async () => {
    const owner = await person('inviter');
    const dataset = await owner.createDataset('shared by link');
    const path = `/api/v1/datasets/${dataset}/invitations`;
    const made = await owner.json('POST', path, { email: 'New@example.org', role: 'editor' });
    expect(made).toMatchObject({ status: 201, body: { email: 'new@example.org', role: 'editor', isMailed: false } });
    const { token, url } = made.body;
    expect(url).toBe(`${granary.url}/invitations/${token}`);
    const anyone = granary.nobody();
    expect((await anyone.json('GET', `/api/v1/invitations/${token}`)).body).toMatchObject({
      dataset: 'shared by link',
      invitedBy: 'inviter',
    });
    expect((await anyone.json('POST', `/api/v1/invitations/${token}/accept`, {})).status).toBe(401);
    const wrong = await person('someone-else');
    expect((await wrong.json('POST', `/api/v1/invitations/${token}/accept`, {})).body.code).toBe(
      'invitation_for_another',
    );
    const invited = await person('new');
    expect((await invited.json('POST', `/api/v1/invitations/${token}/accept`, {})).status).toBe(200);
    expect((await invited.json('PATCH', `/api/v1/datasets/${dataset}`, { description: 'x' })).status).toBe(200);
    const again = await invited.json('POST', `/api/v1/invitations/${token}/accept`, {});
    expect(again).toMatchObject({ status: 410, body: { code: 'invitation_unusable' } });
    const rows = await granary.database.sql`select to_jsonb(i)::text as row from invitations i`;
    expect(rows.map(({ row }) => row).join()).not.toContain(token);
  });

  test('are renewed, taken back, and expire; only who manages may', async () => {
    const owner = await person('inviter2');
    const other = await person('other2');
    const path = `/api/v1/datasets/${await owner.createDataset('another')}/invitations`;
    const first = (await owner.json('POST', path, { email: 'late@example.org', role: 'viewer' })).body;
    expect((await other.json('POST', path, { email: 'a@example.org', role: 'viewer' })).status).toBe(404);
    expect((await other.json('GET', path)).status).toBe(404);
    expect((await other.json('POST', `/api/v1/invitations/${first.id}/resend`, {})).status).toBe(404);
    expect((await other.json('DELETE', `/api/v1/invitations/${first.id}`)).status).toBe(404);
    const second = (await owner.json('POST', `/api/v1/invitations/${first.id}/resend`, {})).body;
    const open = async (token: string) => (await other.json('GET', `/api/v1/invitations/${token}`)).status;
    expect([await open(first.token), await open(second.token)]).toEqual([410, 200]);
    expect((await owner.json('GET', path)).body.items).toHaveLength(1);
    await granary.database.sql`update invitations set expires_at = now() where id = ${first.id}`;
    expect(await open(second.token)).toBe(410);
    const third = (await owner.json('POST', `/api/v1/invitations/${first.id}/resend`, {})).body;
    expect((await owner.json('DELETE', `/api/v1/invitations/${first.id}`)).status).toBe(200);
    expect(await open(third.token)).toBe(410);
    expect((await owner.json('GET', path)).body.items).toEqual([]);
  });

  test('where sign-up is by invitation, an account is made with one, and the role comes with it', async () => {
    const { id, path, lead, member } = await team('delta');
    await admin.json('PATCH', '/api/v1/admin/settings', { signUp: 'invite_only' });
    try {
      const register = (name: string, more: object) =>
        granary.nobody().json('POST', '/api/v1/auth/register', {
          email: `${name}@example.org`,
          password: 'correct horse',
          name,
          ...more,
        });
      expect((await register('uninvited', {})).body.code).toBe('sign_up_closed');
      expect((await register('uninvited', { invitation: 'made-up' })).body.code).toBe('invitation_unusable');
      expect((await member.json('POST', `${path}/invitations`, { email: 'x@example.org' })).status).toBe(403);
      expect((await lead.json('POST', `${path}/invitations`, { email: 'x@example.org', role: 'owner' })).status).toBe(
        403,
      );
      const { body } = await lead.json('POST', `${path}/invitations`, { email: 'joins@example.org', role: 'admin' });
      expect((await register('uninvited', { invitation: body.token })).body.code).toBe('invitation_for_another');
      expect((await register('joins', { invitation: body.token })).status).toBe(201);
      const { body: members } = await lead.json('GET', `${path}/members`);
      expect(members.items).toContainEqual(expect.objectContaining({ name: 'joins', role: 'admin' }));
      const toSite = await admin.json('POST', '/api/v1/admin/invitations', { email: 'site@example.org' });
      expect(toSite.status).toBe(201);
      expect((await lead.json('POST', '/api/v1/admin/invitations', { email: 'y@example.org' })).status).toBe(403);
      expect((await register('site', { invitation: toSite.body.token })).status).toBe(201);
      await admin.json('PATCH', '/api/v1/admin/settings', { signUp: 'closed' });
      const late = await lead.json('POST', `${path}/invitations`, { email: 'late3@example.org' });
      expect((await register('late3', { invitation: late.body.token })).body.code).toBe('sign_up_closed');
    } finally {
      await admin.json('PATCH', '/api/v1/admin/settings', { signUp: 'open' });
    }
    expect(id).toBeTruthy();
  });
});

describe('transfer of ownership', () => {
  test('to a person, who accepts; the old owner has it no more', async () => {
    const [giver, taker, third] = [await person('giver'), await person('taker'), await person('third')];
    const dataset = await giver.createDataset('gift');
    await taker.createDataset('gift');
    const offer = await giver.json('POST', `/api/v1/datasets/${dataset}/transfer`, { email: 'taker@example.org' });
    expect(offer).toMatchObject({ status: 201, body: { state: 'offered', to: 'taker' } });
    const again = await giver.json('POST', `/api/v1/datasets/${dataset}/transfer`, { email: 'third@example.org' });
    expect(again.status).toBe(409);
    const path = `/api/v1/transfers/${offer.body.id}`;
    expect((await giver.json('POST', `${path}/accept`, {})).status).toBe(403);
    expect((await third.json('POST', `${path}/accept`, {})).status).toBe(404);
    expect((await third.json('DELETE', path)).status).toBe(404);
    expect((await taker.json('GET', '/api/v1/transfers')).body.items).toMatchObject([{ datasetName: 'gift' }]);
    expect((await taker.json('POST', `${path}/accept`, {})).body.state).toBe('accepted');
    expect((await taker.dataset(dataset)).name).toBe('gift (2)');
    expect((await giver.json('GET', `/api/v1/datasets/${dataset}`)).status).toBe(404);
    expect((await taker.json('POST', `${path}/decline`, {})).status).toBe(409);
    const log = await taker.json('GET', `/api/v1/datasets/${dataset}/audit-log?action=owner_changed`);
    expect(log.body.items[0].details.before).toMatchObject({ ownerId: giver.id, name: 'gift' });
  });

  test('is declined and withdrawn; to an organization it needs one of its admins', async () => {
    const { id, lead, member, outsider } = await team('epsilon');
    const dataset = await outsider.createDataset('offered');
    const offer = () => outsider.json('POST', `/api/v1/datasets/${dataset}/transfer`, { organizationId: id });
    const first = (await offer()).body;
    expect(first.state).toBe('offered');
    expect((await member.json('POST', `/api/v1/transfers/${first.id}/accept`, {})).status).toBe(403);
    expect((await lead.json('POST', `/api/v1/transfers/${first.id}/decline`, {})).body.state).toBe('declined');
    const second = (await offer()).body;
    expect((await outsider.json('DELETE', `/api/v1/transfers/${second.id}`)).body.state).toBe('withdrawn');
    const third = (await offer()).body;
    expect((await lead.json('POST', `/api/v1/transfers/${third.id}/accept`, {})).body.state).toBe('accepted');
    expect(await lead.dataset(dataset)).toMatchObject({ organizationId: id, ownerId: null });
    const own = await lead.createDataset('of the lead');
    const given = await lead.json('POST', `/api/v1/datasets/${own}/transfer`, { organizationId: id });
    expect(given.body.state).toBe('accepted');
    expect(await lead.dataset(own)).toMatchObject({ organizationId: id, ownerId: lead.id });
  });
});

describe('share links', () => {
  test('open one dataset to look at, count, ask for a password, and are revoked at once', async () => {
    const owner = await person('linker');
    const other = await person('unlinked');
    const [dataset, hidden] = [await owner.createDataset('linked'), await owner.createDataset('hidden')];
    const path = `/api/v1/datasets/${dataset}/share-links`;
    expect((await other.json('POST', path, {})).status).toBe(404);
    const { body: link } = await owner.json('POST', path, { name: 'for a reviewer', password: 'open sesame' });
    const guest = granary.nobody();
    const open = (password?: string) =>
      guest.json('POST', '/api/v1/share-links/open', { token: link.token, ...(password ? { password } : {}) });
    expect((await open()).body.code).toBe('wrong_password');
    expect((await open('guess')).body.code).toBe('wrong_password');
    expect((await guest.json('GET', `/api/v1/datasets/${dataset}`)).status).toBe(401);
    expect(await open('open sesame')).toMatchObject({ status: 200, body: { datasetId: dataset } });
    expect((await guest.json('GET', `/api/v1/datasets/${dataset}`)).body).toMatchObject({ actions: ['see'] });
    expect((await guest.json('GET', `/api/v1/datasets/${hidden}`)).status).toBe(404);
    expect((await guest.json('GET', '/api/v1/datasets')).body.items).toHaveLength(1);
    for (const [method, to] of [
      ['PATCH', `/api/v1/datasets/${dataset}`],
      ['POST', '/api/v1/datasets'],
      ['POST', `/api/v1/datasets/${dataset}/usages`],
      ['POST', '/api/v1/api-keys'],
    ] as const) {
      expect(
        (await guest.json(method, to, { name: 'x', service: 's', externalId: 'e', scopes: ['read'] })).status,
        to,
      ).toBe(401);
    }
    for (const to of ['permissions', 'audit-log', 'share-links'])
      expect((await guest.json('GET', `/api/v1/datasets/${dataset}/${to}`)).status, to).toBe(403);
    await expect(guest.createUpload(dataset, 'x.zip', 10)).rejects.toThrow(/401|403/);
    expect((await owner.json('GET', path)).body.items).toMatchObject([{ numOpened: 1, hasPassword: true }]);
    const log = await owner.json('GET', `/api/v1/datasets/${dataset}/audit-log?action=link_opened`);
    expect(log.body.items).toHaveLength(1);
    // Who is signed in sees it as well, beside what is their own.
    const link2 = (await owner.json('POST', path, {})).body;
    const session = other.cookie;
    await other.json('POST', '/api/v1/share-links/open', { token: link2.token });
    other.cookie = `${session}; ${other.cookie}`;
    expect((await other.json('GET', `/api/v1/datasets/${dataset}`)).status).toBe(200);
    // It is for the session of the browser in which it was opened, and for who opened it there.
    const newcomer = granary.nobody();
    const opened = await newcomer.raw('POST', '/api/v1/share-links/open', JSON.stringify({ token: link2.token }), {
      'content-type': 'application/json',
    });
    expect(opened.headers.get('set-cookie')).not.toMatch(/max-age|expires/i);
    const shared = newcomer.cookie;
    expect((await newcomer.json('GET', `/api/v1/datasets/${dataset}`)).status).toBe(200);
    newcomer.cookie = '';
    await newcomer.register('newcomer');
    newcomer.cookie = `${newcomer.cookie}; ${shared}`;
    expect((await newcomer.json('GET', '/api/v1/auth/me')).status).toBe(200);
    expect((await newcomer.json('GET', `/api/v1/datasets/${dataset}`)).status).toBe(404);
    expect((await owner.json('DELETE', `/api/v1/share-links/${link.id}`)).status).toBe(200);
    expect((await guest.json('GET', `/api/v1/datasets/${dataset}`)).status).toBe(401);
    expect((await open('open sesame')).body.code).toBe('link_unusable');
    await granary.database.sql`update share_links set expires_at = now() where id = ${link2.id}`;
    expect((await other.json('GET', `/api/v1/datasets/${dataset}`)).status).toBe(404);
    const rows = await granary.database.sql`select to_jsonb(l)::text as row from share_links l`;
    expect(rows.map(({ row }) => row).join()).not.toContain(link.token);
  });

  test('a password is not guessed', async () => {
    const owner = await person('guarded');
    const dataset = await owner.createDataset('guarded');
    const { body } = await owner.json('POST', `/api/v1/datasets/${dataset}/share-links`, { password: 'long enough' });
    const guest = granary.nobody();
    const codes = new Set<string>();
    let wait = 0;
    for (let i = 0; i < 12; i++) {
      const answer = await guest.json('POST', '/api/v1/share-links/open', {
        token: body.token,
        password: `guess ${i}`,
      });
      codes.add(answer.body.code);
      wait = Number(answer.headers.get('retry-after'));
    }
    expect([...codes]).toEqual(['wrong_password', 'too_many_attempts']);
    expect(wait).toBeGreaterThan(0);
  });
});
