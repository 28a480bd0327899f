import { until } from './until.ts';

/** Whatever the server answered; tests check it by what they expect of it. */
type Json = ReturnType<typeof JSON.parse>;

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** An HTTP client that shares nothing with the product: fetch, a cookie jar of one, and tus by hand. */
export class Client {
  readonly base: string;
  cookie = '';
  /** An API key, instead of a session. */
  key = '';
  /** Of the account that it has registered. */
  id = '';

  constructor(base: string) {
    this.base = base;
  }

  async json<T = Json>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await this.raw(method, path, body === undefined ? undefined : JSON.stringify(body), {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
  }

  async raw(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(new URL(path, this.base), {
      method,
      headers: {
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...(this.key ? { authorization: `Bearer ${this.key}` } : {}),
        ...headers,
      },
      redirect: 'manual',
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    } as RequestInit);
    const cookie = response.headers.get('set-cookie');
    if (cookie) this.cookie = cookie.split(';')[0] ?? '';
    return response;
  }

  /** Follows the redirect to the store, where there is one. */
  async content(datasetId: string, path: string, version?: string): Promise<Buffer> {
    const query = new URLSearchParams({ path, ...(version ? { version } : {}) });
    const answer = await this.raw('GET', `/api/v1/datasets/${datasetId}/files/content?${query}`);
    const location = answer.headers.get('location');
    const response = answer.status === 302 && location ? await fetch(location) : answer;
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async register(
    name = `p${Math.random().toString(36).slice(2, 10)}`,
  ): Promise<{ id: string; email: string; isAdmin: boolean }> {
    const answer = await this.json('POST', '/api/v1/auth/register', {
      email: `${name}@example.org`,
      password: 'correct horse',
      name,
    });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    this.id = answer.body.id;
    return answer.body;
  }

  async signIn(name: string): Promise<void> {
    const answer = await this.json('POST', '/api/v1/auth/login', {
      email: `${name}@example.org`,
      password: 'correct horse',
    });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    this.id = answer.body.id;
  }

  async createDataset(name = `d${Math.random().toString(36).slice(2, 10)}`): Promise<string> {
    const answer = await this.json('POST', '/api/v1/datasets', { name });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body.id;
  }

  async createUpload(
    datasetId: string,
    filename: string,
    sizeBytes: number,
    more: Record<string, string> = { kind: 'archive' },
  ): Promise<string> {
    const metadata = Object.entries({ datasetId, filename, ...more })
      .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
      .join(',');
    const answer = await this.raw('POST', '/uploads', undefined, {
      'tus-resumable': '1.0.0',
      'upload-length': String(sizeBytes),
      'upload-metadata': metadata,
    });
    if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.headers.get('location')?.split('/').at(-1) ?? '';
  }

  async patch(uploadId: string, offset: number, body: BodyInit): Promise<Response> {
    return this.raw('PATCH', `/uploads/${uploadId}`, body, {
      'tus-resumable': '1.0.0',
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    });
  }

  async offset(uploadId: string): Promise<number> {
    const answer = await this.raw('HEAD', `/uploads/${uploadId}`, undefined, { 'tus-resumable': '1.0.0' });
    return Number(answer.headers.get('upload-offset'));
  }

  async upload(
    datasetId: string,
    filename: string,
    bytes: Uint8Array<ArrayBuffer>,
    more?: Record<string, string>,
  ): Promise<string> {
    const id = await this.createUpload(datasetId, filename, bytes.length, more);
    const answer = await this.patch(id, 0, bytes);
    if (answer.status !== 204) throw new Error(`${answer.status} ${await answer.text()}`);
    return id;
  }

  async startImport(
    datasetId: string,
    uploadIds: string[],
    options: object = {},
  ): Promise<{ importId: string; jobId: string }> {
    const answer = await this.json('POST', `/api/v1/datasets/${datasetId}/imports`, { uploadIds, ...options });
    if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async waitForJob(jobId: string, seconds = 120): Promise<Json> {
    return until(
      async () => (await this.json('GET', `/api/v1/jobs/${jobId}`)).body,
      ({ state }) => ['completed', 'failed', 'cancelled'].includes(state),
      { seconds, everyMs: 100 },
    );
  }

  /** Uploads one archive and imports it, to the end. */
  async importArchive(
    datasetId: string,
    filename: string,
    bytes: Uint8Array<ArrayBuffer>,
    options?: object,
  ): Promise<{ job: Json; report: Json }> {
    const upload = await this.upload(datasetId, filename, bytes);
    const { importId, jobId } = await this.startImport(datasetId, [upload], options);
    const job = await this.waitForJob(jobId, 900);
    const report = await this.json('GET', `/api/v1/datasets/${datasetId}/imports/${importId}`);
    return { job, report: report.body };
  }

  async dataset(id: string): Promise<Json> {
    return (await this.json('GET', `/api/v1/datasets/${id}`)).body;
  }

  /** Path to SHA-256 of every file. */
  async tree(id: string): Promise<Map<string, string>> {
    const tree = new Map<string, string>();
    let cursor: string | null = null;
    do {
      const page: Answer<{ items: { path: string; sha256: string }[]; nextCursor: string | null }> = await this.json(
        'GET',
        `/api/v1/datasets/${id}/files?limit=100${cursor ? `&cursor=${cursor}` : ''}`,
      );
      for (const { path, sha256 } of page.body.items) tree.set(path, sha256);
      cursor = page.body.nextCursor;
    } while (cursor);
    return tree;
  }
}
