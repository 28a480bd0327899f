import { beforeAll, describe, expect, test } from 'vitest';
import { yoloDataset, zipOf } from '../support/archives.ts';
import type { Client } from '../support/client.ts';
import { useGranary } from '../support/world.ts';

const granary = useGranary();
let victim: Client;
let attacker: Client;
let datasetId: string;

beforeAll(async () => {
  await granary.person('admin');
  victim = await granary.person('victim');
  attacker = await granary.person('attacker');
  datasetId = await victim.createDataset('secret');
  await victim.importArchive(datasetId, 'a.zip', await zipOf(await yoloDataset(2)));
});

describe('requests of another site (CSRF)', () => {
  test.each([
    ['a form', { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' }],
    ['a sibling domain', { 'sec-fetch-site': 'same-site' }],
    ['an old browser', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
  ])('%s changes nothing', async (_, headers) => {
    for (const [method, path] of [
      ['PATCH', `/api/v1/datasets/${datasetId}`],
      ['POST', '/trpc/datasets.update'],
      ['POST', '/uploads'],
      ['POST', `/datasets/${datasetId}/settings`],
    ] as const) {
      const answer = await victim.raw(method, path, '{"description":"hacked"}', {
        'content-type': 'application/json',
        ...headers,
      } as Record<string, string>);
      expect([answer.status, (await answer.json()).code], path).toEqual([403, 'foreign_origin']);
    }
    expect((await victim.dataset(datasetId)).description).toBe('');
  });

  test('the session’s cookie is for this site and not for scripts', async () => {
    const answer = await granary
      .nobody()
      .raw('POST', '/api/v1/auth/login', JSON.stringify({ email: 'victim@example.org', password: 'correct horse' }), {
        'content-type': 'application/json',
      });
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly.*SameSite=Lax|SameSite=Lax.*HttpOnly/i);
    const overTls = await granary
      .nobody()
      .raw('POST', '/api/v1/auth/login', JSON.stringify({ email: 'victim@example.org', password: 'correct horse' }), {
        'content-type': 'application/json',
        'x-forwarded-proto': 'https',
      });
    expect(overTls.headers.get('set-cookie')).toMatch(/Secure/);
    expect(overTls.headers.get('strict-transport-security')).toContain('max-age=31536000');
  });
});

describe('scripts in what people bring (XSS)', () => {
  test('names and descriptions come as text, and no script without the nonce of its answer runs', async () => {
    const script = '<script>alert(1)</script><img src=x onerror=alert(1)>';
    const { body } = await victim.json('POST', '/api/v1/datasets', {
      name: script.slice(0, 100),
      description: `${script}\n\n[click](javascript:alert(1)) ![x](https://evil.example/track.gif)`,
    });
    const page = await victim.raw('GET', `/datasets/${body.id}`);
    const html = await page.text();
    const policy = page.headers.get('content-security-policy') ?? '';
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("script-src 'self' 'unsafe-inline'");
    expect(policy).not.toContain('unsafe-eval');
    expect(html).not.toContain('<script>alert(1)');
    expect(html).not.toContain('<img src=x');
    expect(html).not.toMatch(/href="javascript:/);
    for (const [, attributes] of html.matchAll(/<script\b([^>]*)>/g)) expect(attributes).toContain(`nonce="${nonce}"`);
    const again = (await victim.raw('GET', `/datasets/${body.id}`)).headers.get('content-security-policy');
    expect(again).not.toBe(policy);
  });

  test('class names and labels come as text, too', async () => {
    const id = await victim.createDataset();
    const files = await yoloDataset(2);
    files.set(
      'data.yaml',
      Buffer.from('names: ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", c]'),
    );
    await victim.importArchive(id, 'a.zip', await zipOf(files));
    expect((await victim.dataset(id)).classNames[0]).toBe('<img src=x onerror=alert(1)>');
    const [image] = (await victim.json('GET', `/api/v1/datasets/${id}/images`)).body.items;
    for (const path of ['', '/images', `/images/${image.id}`, '/annotations', '/files?preview=data.yaml']) {
      const html = await (await victim.raw('GET', `/datasets/${id}${path}`)).text();
      expect(html, path).not.toContain('<img src=x');
      expect(html, path).not.toContain('<script>alert(1)');
    }
  });

  test('SVG, HTML and anything active is an attachment in a sandbox, whatever it is called', async () => {
    const id = await victim.createDataset();
    const active = new Map<string, Uint8Array>([
      ['a.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
      ['b.html', Buffer.from('<script>alert(1)</script>')],
      ['c.xhtml', Buffer.from('<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>')],
      ['d.js', Buffer.from('alert(1)')],
      ['e.jpg', Buffer.from('<script>alert(1)</script>')],
      ['f.json', Buffer.from('{"a":"</script><script>alert(1)</script>"}')],
    ]);
    await victim.importArchive(id, 'a.zip', await zipOf(active));
    for (const path of active.keys()) {
      const answer = await victim.raw('GET', `/api/v1/datasets/${id}/files/content?path=${path}`);
      expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(answer.headers.get('content-security-policy'), path).toContain('sandbox');
      const isImage = path === 'e.jpg';
      expect(answer.headers.get('content-type'), path).toBe(isImage ? 'image/jpeg' : 'application/octet-stream');
      expect(answer.headers.get('content-disposition'), path).toMatch(isImage ? /^inline/ : /^attachment/);
    }
    const preview = await (await victim.raw('GET', `/datasets/${id}/files?preview=f.json`)).text();
    expect(preview).not.toContain('</script><script>alert(1)');
  });

  test('file names do not break out of a header', async () => {
    const id = await victim.createDataset();
    const name = 'a";\u00e9 x.txt';
    await victim.importArchive(id, 'a.zip', await zipOf(new Map([[name, Buffer.from('x')]])));
    const answer = await victim.raw('GET', `/api/v1/datasets/${id}/files/content?path=${encodeURIComponent(name)}`);
    expect(answer.headers.get('content-disposition')).toBe(
      `inline; filename="a_;_ x.txt"; filename*=UTF-8''a%22%3B%C3%A9%20x.txt`,
    );
  });
});

describe('paths', () => {
  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '....//etc/passwd',
    'images/../../../history/x',
    'C:\\windows\\win.ini',
    '\\\\server\\share',
  ])('%s is no file of a dataset', async (path) => {
    const answer = await victim.json(
      'GET',
      `/api/v1/datasets/${datasetId}/files/content?path=${encodeURIComponent(path)}`,
    );
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('with a NUL they are refused; ids with slashes are nobody’s', async () => {
    const content = `/api/v1/datasets/${datasetId}/files/content?path=data.yaml%00.jpg`;
    expect((await victim.json('GET', content)).status).toBe(400);
    expect((await victim.json('GET', '/api/v1/datasets/..%2F..%2Fadmin%2Fusers')).status).toBe(404);
  });

  test('an upload’s name leads nowhere', async () => {
    const id = await victim.createDataset();
    const upload = await victim.upload(id, '../../../etc/cron.d/x', Buffer.from('x'), { kind: 'file' });
    const { jobId } = await victim.startImport(id, [upload]);
    await victim.waitForJob(jobId);
    expect([...(await victim.tree(id)).keys()].filter((path) => path.includes('..'))).toEqual([]);
    for (const uploadId of ['..%2f..%2fx', '../x', 'a/../../b'])
      expect((await victim.raw('HEAD', `/uploads/${uploadId}`, undefined, { 'tus-resumable': '1.0.0' })).status).toBe(
        404,
      );
  });
});

describe('what is someone else’s (IDOR)', () => {
  test('every id of the victim is nobody’s for the attacker', async () => {
    const get = async (path: string) => (await victim.json('GET', `/api/v1${path}`)).body;
    const image = (await get(`/datasets/${datasetId}/images`)).items[0].id;
    const own = await attacker.createDataset();
    const imported = (await get(`/datasets/${datasetId}/imports`)).items[0];
    const upload = await victim.createUpload(datasetId, 'x.zip', 10);
    for (const path of [
      `/datasets/${datasetId}`,
      `/datasets/${datasetId}/images/${image}/annotations`,
      `/datasets/${datasetId}/images/${image}/thumbnail`,
      `/datasets/${datasetId}/imports/${imported.id}`,
      `/datasets/${datasetId}/annotations/download`,
      `/jobs/${imported.jobId}`,
      `/jobs/${imported.jobId}/events`,
      // One's own dataset does not open another's parts.
      `/datasets/${own}/images/${image}`,
      `/datasets/${own}/images/${image}/thumbnail`,
      `/datasets/${own}/imports/${imported.id}`,
    ]) {
      expect((await attacker.json('GET', `/api/v1${path}`)).status, path).toBe(404);
    }
    const stolen = await attacker.json('POST', `/api/v1/datasets/${own}/imports`, { uploadIds: [upload] });
    expect(stolen).toMatchObject({ status: 422, body: { code: 'upload_unknown' } });
    expect((await attacker.patch(upload, 0, 'x')).status).toBe(404);
    const subscribed = await attacker.raw(
      'GET',
      `/trpc/jobs.watch?input=${encodeURIComponent(JSON.stringify({ id: imported.jobId }))}`,
    );
    expect(await subscribed.text()).toContain('"code":"not_found"');
  });

  test('answers do not tell whether a thing is hidden or not there', async () => {
    const hidden = await attacker.json('GET', `/api/v1/datasets/${datasetId}`);
    const missing = await attacker.json('GET', '/api/v1/datasets/0c9a6d1e-7c3f-4b1a-9f55-2d1f6a1b3c4d');
    expect(hidden.body).toEqual(missing.body);
  });
});

describe('headers and hosts', () => {
  test('line breaks in what becomes a header are refused or encoded', async () => {
    const answer = await victim.raw(
      'GET',
      `/api/v1/datasets/${datasetId}/files/content?path=${encodeURIComponent('a\r\nSet-Cookie: x=1')}`,
    );
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers.get('set-cookie')).toBeNull();
    const { body } = await victim.json('POST', '/api/v1/datasets', { name: 'a\r\nb: c' });
    expect(body.code).toBe('invalid_input');
  });

  test.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/%09/evil.example'])(
    'after signing in, %s leads to the list',
    async (next) => {
      const client = granary.nobody();
      const answer = await client.raw(
        'POST',
        `/sign-in?next=${encodeURIComponent(next)}`,
        new URLSearchParams({ email: 'victim@example.org', password: 'correct horse' }),
      );
      const location = answer.headers.get('location') ?? '';
      expect(new URL(location, granary.url).origin).toBe(granary.url);
    },
  );

  test('the page for choosing is shown in no frame, and answers no origin, that is not allowed', async () => {
    const page = await victim.raw('GET', '/pick?origin=https%3A%2F%2Fevil.example');
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(await page.text()).toContain('not allowed to');
  });

  test('a method or a path that there is not, and errors, tell nothing of the inside', async () => {
    for (const [method, path] of [
      ['PUT', `/api/v1/datasets/${datasetId}`],
      ['GET', '/api/v1/nothing'],
      ['GET', '/trpc/datasets.nothing'],
      ['POST', '/trpc/datasets.create'],
    ] as const) {
      const text = await (await victim.raw(method, path, method === 'GET' ? undefined : '{"a":')).text();
      expect(text, path).not.toMatch(/node_modules|at \w+ \(|\.ts:\d+/);
    }
  });
});

describe('what browsers keep', () => {
  test('no page and no answer is kept, and a thumbnail is asked for again', async () => {
    const id = await victim.createDataset();
    await victim.importArchive(id, 'a.zip', await zipOf(await yoloDataset(1)));
    for (const path of [
      `/datasets/${id}`,
      `/datasets/${id}.data`,
      `/api/v1/datasets/${id}`,
      '/trpc/auth.me',
      '/sign-in',
    ])
      expect((await victim.raw('GET', path)).headers.get('cache-control'), path).toBe('no-store');
    const [image] = (await victim.json('GET', `/api/v1/datasets/${id}/images`)).body.items;
    const thumbnail = `/api/v1/datasets/${id}/images/${image.id}/thumbnail`;
    const guest = await granary.person('thumbnails');
    await victim.json('POST', `/api/v1/datasets/${id}/permissions`, { userId: guest.id, role: 'viewer' });
    const seen = await guest.raw('GET', thumbnail);
    const etag = seen.headers.get('etag') ?? '';
    expect([seen.status, seen.headers.get('cache-control')]).toEqual([200, 'private, no-cache']);
    const again = () => guest.raw('GET', thumbnail, undefined, { 'if-none-match': etag, 'cache-control': 'max-age=0' });
    expect((await again()).status).toBe(304);
    await victim.json('DELETE', `/api/v1/datasets/${id}/permissions/${guest.id}`);
    expect((await again()).status).toBe(404);
  });

  test('pages of other sites read nothing of uploads', async () => {
    const answer = await victim.raw('OPTIONS', '/uploads', undefined, { 'sec-fetch-site': 'same-origin' });
    expect(answer.headers.get('tus-version')).toBe('1.0.0');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('text from people is never SQL', async () => {
  for (const evil of [
    "' or 1=1 --",
    '"; drop table datasets; --',
    '%',
    '_',
    '\\',
    '$1',
    "'; select pg_sleep(10); --",
  ]) {
    const query = encodeURIComponent(evil);
    const { status, body } = await attacker.json(
      'GET',
      `/api/v1/datasets?search=${query}&tags=${query}&owner=${query}`,
    );
    expect([status, body.items]).toEqual([200, []]);
  }
  expect((await victim.dataset(datasetId)).name).toBe('secret');
});
