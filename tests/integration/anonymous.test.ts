import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import { Client } from '../support/client.ts';
import { until } from '../support/until.ts';
import { useGranary } from '../support/world.ts';

/** A site that lets everyone look at what is public. */
const granary = useGranary({ env: { GRANARY_ANONYMOUS_READ: 'true' } });
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

let admin: Client;
let owner: Client;
let passerBy: Client;
let pictures: string;
let texts: string;
/** What nobody is shown who is not signed in, and what there is none of. */
let hidden: Record<'private' | 'trashed' | 'unknown', string>;
let imageId: number;

beforeAll(async () => {
  admin = await granary.person('admin');
  owner = await granary.person('owner');
  passerBy = granary.nobody();
  const zip = await zipOf(await yoloDataset(4));
  const made = async (name: string, visibility: string) => {
    const id = await owner.createDataset(name);
    await owner.importArchive(id, 'a.zip', zip);
    await owner.json('PATCH', `/api/v1/datasets/${id}`, { visibility, tags: ['insects'] });
    return id;
  };
  pictures = await made('Public insects', 'public');
  hidden = {
    private: await made('Private insects', 'private'),
    trashed: await made('Thrown away insects', 'public'),
    unknown: UNKNOWN,
  };
  await granary.database.sql`update datasets set deleted_at = now() where id = ${hidden.trashed}`;
  imageId = (await owner.json('GET', `/api/v1/datasets/${pictures}/images`)).body.items[0].id;
  texts = await owner.createDataset('Public questions');
  const lines = Array.from({ length: 20 }, (_, i) => `${JSON.stringify({ text: `row ${i}`, n: i })}\n`).join('');
  await owner.importArchive(texts, 'b.zip', await zipOf(new Map([['train.jsonl', Buffer.from(lines)]])));
  await owner.json('PATCH', `/api/v1/datasets/${texts}`, { visibility: 'public' });
});

const BYTES = (id: string) => ({
  content: `/api/v1/datasets/${id}/files/content?path=data.yaml`,
  thumbnail: `/api/v1/datasets/${id}/images/${imageId}/thumbnail`,
  cell: `/api/v1/datasets/${id}/samples/cell?index=0&column=text`,
  audio: `/api/v1/datasets/${id}/samples/audio?index=0&column=text`,
  named: `/api/v1/datasets/${id}/samples/image?path=none.png`,
  download: `/api/v1/datasets/${id}/annotations/download?format=coco`,
});

describe('what is public', () => {
  test('is listed, and nothing else is, whatever is asked for', async () => {
    const names = async (query: string) =>
      (await passerBy.json('GET', `/api/v1/datasets${query}`)).body.items
        .map(({ name }: { name: string }) => name)
        .sort();
    const all = ['Public insects', 'Public questions'];
    expect(await names('')).toEqual(all);
    expect(await names('/available')).toEqual(all);
    expect(await names('?search=insects')).toEqual(['Public insects']);
    expect(await names('?tags=insects')).toEqual(['Public insects']);
    expect(await names('?scope=public')).toEqual(all);
    for (const query of ['?visibility=private', '?owner=me', '?scope=mine', '?scope=shared', '?scope=organization'])
      expect(await names(query), query).toEqual([]);
    expect(await names(`?owner=${owner.id}`)).toEqual(all);
  });

  test('comes as bytes, too, and a download of its annotations is on record with the address', async () => {
    const { content, thumbnail, cell, download } = BYTES(pictures);
    expect((await passerBy.content(pictures, 'data.yaml')).toString()).toContain('names: [ant, bee, cat]');
    expect((await passerBy.raw('GET', content)).status).toBeLessThan(400);
    expect((await passerBy.raw('GET', thumbnail)).headers.get('content-type')).toBe('image/webp');
    // There are no rows in a dataset of images: it was looked for.
    expect((await passerBy.raw('GET', cell)).status).toBe(404);
    const zip = await passerBy.raw('GET', download);
    expect(zip.status).toBe(200);
    expect((await zip.arrayBuffer()).byteLength).toBeGreaterThan(100);
    const [entry] = await granary.database.sql`select performed_by, host(ip::inet) as ip from audit_log
      where dataset_id = ${pictures} order by id desc limit 1`;
    expect(entry).toEqual({ performed_by: null, ip: '127.0.0.1' });
  });

  test('tells of its owner a name, and no e-mail', async () => {
    const { body } = await passerBy.json('GET', `/api/v1/datasets/${pictures}`);
    expect(body).toMatchObject({ actions: ['see'], owner: { id: owner.id, name: 'owner' } });
    expect(JSON.stringify(body)).not.toContain('@example.org');
  });

  test('is seen by who came by a share link of another dataset', async () => {
    const { body } = await owner.json('POST', `/api/v1/datasets/${hidden.private}/share-links`, {});
    const visitor = granary.nobody();
    expect((await visitor.json('POST', '/api/v1/share-links/open', { token: body.token })).status).toBe(200);
    for (const [id, status] of [
      [hidden.private, 200],
      [pictures, 200],
      [hidden.trashed, 404],
      [UNKNOWN, 404],
    ] as const)
      expect((await visitor.json('GET', `/api/v1/datasets/${id}`)).status).toBe(status);
    const { items } = (await visitor.json('GET', '/api/v1/datasets')).body;
    expect(items).toHaveLength(3);
  });
});

describe('what is not public', () => {
  test('is told apart from what is not there by nothing', async () => {
    const answers = async (id: string) => {
      const calls = [
        ['GET', `/api/v1/datasets/${id}`],
        ['GET', `/api/v1/datasets/${id}/files`],
        ['GET', `/api/v1/datasets/${id}/images`],
        ['GET', `/api/v1/datasets/${id}/images/${imageId}`],
        ['GET', `/api/v1/datasets/${id}/samples`],
        ['POST', `/api/v1/datasets/${id}/files/check`],
        ...Object.values(BYTES(id)).map((path) => ['GET', path] as const),
      ] as const;
      return Promise.all(
        calls.map(async ([method, path]) => {
          const { status, body, headers } = await passerBy.json(
            method,
            path,
            method === 'POST' ? { paths: ['data.yaml'] } : undefined,
          );
          const names = [...headers.keys()].filter((name) => name !== 'x-request-id');
          return { status, body, names };
        }),
      );
    };
    const unknown = await answers(hidden.unknown);
    for (const { status, body } of unknown)
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'not_signed_in' });
    expect(await answers(hidden.private)).toEqual(unknown);
    expect(await answers(hidden.trashed)).toEqual(unknown);
  });

  test('and what needs an account is refused as ever, before its fields are looked at', async () => {
    for (const [method, path, body] of [
      ['POST', '/api/v1/datasets', { nam: 'x' }],
      ['PATCH', `/api/v1/datasets/${pictures}`, { descripton: 'x' }],
      ['POST', `/api/v1/datasets/${pictures}/usages`, { service: 's', externalId: 'e' }],
      ['GET', `/api/v1/datasets/${pictures}/usages`, undefined],
      ['GET', `/api/v1/jobs?datasetId=${pictures}`, undefined],
      ['GET', `/api/v1/datasets/${pictures}/audit-log/export`, undefined],
      ['GET', '/api/v1/auth/me', undefined],
    ] as const) {
      const answer = await passerBy.json(method, path, body);
      expect({ status: answer.status, code: answer.body.code }, path).toEqual({ status: 401, code: 'not_signed_in' });
    }
  });
});

describe('who is not signed in', () => {
  test('is who shows no key: one that opens nothing is told so', async () => {
    const program = granary.nobody();
    program.key = `gra_${'x'.repeat(40)}`;
    expect((await program.json('GET', `/api/v1/datasets/${pictures}`)).status).toBe(401);
    expect((await program.json('GET', '/api/v1/datasets')).status).toBe(401);
    const browser = granary.nobody();
    browser.cookie = 'granary_session=long-since-ended';
    expect((await browser.json('GET', `/api/v1/datasets/${pictures}`)).status).toBe(200);
  });

  test('has as many requests as one address, and of IPv6 as one network', async () => {
    const url = await granary.anotherWeb({ GRANARY_REQUESTS_PER_MINUTE: '5' });
    const from = async (address: string) => {
      const answer = await new Client(url).json('GET', '/api/v1/datasets', undefined, { 'x-forwarded-for': address });
      return answer.status;
    };
    const several = async (addresses: readonly string[]) => {
      const statuses = [];
      for (const address of addresses) statuses.push(await from(address));
      return statuses;
    };
    expect(await several(Array.from({ length: 6 }, () => '203.0.113.1'))).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await from('203.0.113.2')).toBe(200);
    const network = Array.from({ length: 6 }, (_, i) => `2001:db8:0:1::${i + 1}`);
    expect(await several(network)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await from('2001:db8:0:2::1')).toBe(200);
    const refused = await new Client(url).json('GET', '/api/v1/datasets', undefined, {
      'x-forwarded-for': '203.0.113.1',
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.body.code).toBe('too_many_requests');
    // As one request counts what comes in a batch, of which there is a largest.
    const batch = (size: number) => {
      const input = JSON.stringify(Object.fromEntries(Array.from({ length: size }, (_, i) => [i, {}])));
      return `/trpc/${Array(size).fill('datasets.list').join(',')}?batch=1&input=${encodeURIComponent(input)}`;
    };
    expect((await passerBy.raw('GET', batch(20))).status).toBe(200);
    expect((await passerBy.raw('GET', batch(21))).status).toBe(400);
    // Who is signed in at that address is counted by themselves.
    const person = new Client(url);
    person.cookie = (await granary.person('quiet')).cookie;
    const own = await person.json('GET', '/api/v1/datasets', undefined, { 'x-forwarded-for': '203.0.113.1' });
    expect(own.status).toBe(200);
  });
});

describe('pages', () => {
  const page = async (path: string, client = passerBy) => {
    const answer = await client.raw('GET', path);
    // What is to be read, without the catalogue of all texts that scripts have.
    const html = (await answer.text()).replace(/<script[\s\S]*?<\/script>/g, '');
    return { status: answer.status, location: answer.headers.get('location'), html };
  };

  test('of what is public are there for everyone, without what one needs an account for', async () => {
    const [item] = (await owner.json('GET', `/api/v1/datasets/${pictures}/imports`)).body.items;
    const own = ['', '/images', `/images/${imageId}`, '/annotations', '/files', '/files?preview=data.yaml'];
    const more = ['/imports', `/imports/${item.id}`, '/duplicates'];
    const ofTexts = ['', '/samples', '/samples?row=1', '/statistics', '/tokenization', '/files'];
    const paths = [
      ...['/datasets', '/datasets?view=table'],
      ...[...own, ...more].map((path) => `/datasets/${pictures}${path}`),
      ...ofTexts.map((path) => `/datasets/${texts}${path}`),
    ];
    const forAccounts = [
      ...['New dataset', 'From Hugging Face', 'aria-label="Select Public insects"', 'Recent activity'],
      ...['Add data', 'Remove this file', 'Sign out', 'New tokenization'],
      ...['activity', 'sharing', 'audit', 'maintenance', 'settings'].map(
        (tab) => `href="/datasets/${pictures}/${tab}"`,
      ),
    ];
    let ofOwner = '';
    for (const path of paths) {
      const { status, html } = await page(path);
      expect(status, path).toBe(200);
      expect(html, path).toContain(`>${path.includes(texts) ? 'Public questions' : 'Public insects'}<`);
      expect(html, path).toContain(`href="/sign-in?next=${encodeURIComponent(path)}"`);
      expect(
        forAccounts.filter((text) => html.includes(text)),
        path,
      ).toEqual([]);
      ofOwner += (await page(path, owner)).html;
    }
    // Each of them is there for who may do it.
    expect(forAccounts.filter((text) => !ofOwner.includes(text))).toEqual([]);
    expect(await page('/')).toMatchObject({ status: 302, location: '/datasets' });
  });

  test('of anything else lead to where one signs in, and come back', async () => {
    const paths = [
      ...Object.values(hidden).flatMap((id) =>
        ['', '/images', '/files', '/samples'].map((path) => `/datasets/${id}${path}`),
      ),
      ...['activity', 'sharing', 'audit', 'maintenance'].map((tab) => `/datasets/${pictures}/${tab}`),
      ...['/datasets/new', '/datasets/hub', '/pick', '/trash', '/account', '/organizations', '/admin/settings'],
    ];
    for (const path of paths) {
      const location = `/sign-in?next=${encodeURIComponent(path)}`;
      expect(await page(path), path).toMatchObject({ status: 302, location });
    }
  });

  test('tell who may see what is public', async () => {
    const settings = `/datasets/${pictures}/settings`;
    const sharing = `/datasets/${pictures}/sharing`;
    expect((await page(settings, owner)).html).toContain(
      'anyone may look at it and download it, also without signing in',
    );
    expect((await page(sharing, owner)).html).toContain(
      'anyone may look at it and download it, also without signing in',
    );
    const closed = new Client(await granary.anotherWeb({ GRANARY_ANONYMOUS_READ: 'false' }));
    closed.cookie = owner.cookie;
    expect((await page(settings, closed)).html).toContain('everyone who is signed in may look at it');
    expect((await page(sharing, closed)).html).toContain('everyone who is signed in may look at it');
    closed.cookie = '';
    expect(await page('/datasets', closed)).toMatchObject({ status: 302, location: '/sign-in?next=%2Fdatasets' });
    expect(await page('/', closed)).toMatchObject({ status: 302, location: '/sign-in' });
    expect((await page('/sign-in', closed)).html).not.toContain('href="/datasets"');
  });
});

test('an admin closes what is open, and opens it again, for all processes', async () => {
  const other = new Client(await granary.anotherWeb({}));
  const statuses = async () =>
    Promise.all(
      [passerBy, other].map(async (client) => (await client.json('GET', `/api/v1/datasets/${pictures}`)).status),
    );
  expect(await statuses()).toEqual([200, 200]);
  const set = (anonymousRead: string) =>
    admin.raw('POST', '/admin/settings', new URLSearchParams({ ...form, ...(anonymousRead ? { anonymousRead } : {}) }));
  const form = {
    signUp: 'open',
    trashDays: '30',
    backupDays: '90',
    requestsPerMinute: '6000',
    quotaGb: '',
    quotaDatasets: '',
  };
  expect((await set('')).status).toBe(200);
  // The process that was told knows at once.
  expect((await passerBy.json('GET', `/api/v1/datasets/${pictures}`)).status).toBe(401);
  await until(statuses, ([one, two]) => one === 401 && two === 401, { seconds: 20, everyMs: 250 });
  expect((await owner.json('GET', `/api/v1/datasets/${pictures}`)).status).toBe(200);
  expect((await admin.json('GET', '/api/v1/admin/settings')).body.anonymousRead).toBe(false);
  expect((await set('on')).status).toBe(200);
  await until(statuses, ([one, two]) => one === 200 && two === 200, { seconds: 20, everyMs: 250 });
});
