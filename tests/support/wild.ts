import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WildCase } from '../../packages/tables/fixtures/wild-case.ts';
import { zipOf } from './archives.ts';
import type { Client } from './client.ts';

type Json = ReturnType<typeof JSON.parse>;
type Content = string | { base64: string } | { zeros: number };

const REPOS = new URL('../../packages/tables/fixtures/wild-repos.json', import.meta.url);

/** Puts the repositories of the shapes from the wild into the folder of a stand-in Hub. */
export function writeWildRepos(folder: string): void {
  const repos: Record<string, { files?: Record<string, Content> }> = JSON.parse(readFileSync(REPOS, 'utf8'));
  for (const [repo, { files = {}, ...about }] of Object.entries(repos)) {
    const root = join(folder, 'datasets', repo);
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'hub.json'), JSON.stringify(about));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, 'main', path)), { recursive: true });
      writeFileSync(join(root, 'main', path), bytesOf(content));
    }
  }
}

function bytesOf(content: Content): string | Uint8Array {
  if (typeof content === 'string') return content;
  return 'zeros' in content ? new Uint8Array(content.zeros) : Buffer.from(content.base64, 'base64');
}

/** Brings a shape to a Granary, as an upload or from its Hub. @returns what differs from what it must become; nothing, if all is well */
export async function differencesOf(
  client: Client,
  wild: WildCase,
  files: () => Promise<Record<string, string | Uint8Array>>,
): Promise<string[]> {
  const { id, error } = wild.repo ? await download(client, wild.repo) : await upload(client, await files());
  const differences: string[] = [];
  const expectSame = (what: string, seen: unknown, stated: unknown) => {
    const [is, must] = [JSON.stringify(seen), JSON.stringify(stated)];
    if (is !== must) differences.push(`${what} is ${is?.slice(0, 500)} and must be ${must?.slice(0, 500)}`);
  };
  if (wild.failure || error) {
    if (!error || !wild.failure?.test(error)) expectSame('the failure', error, String(wild.failure));
    return differences;
  }
  const samples = (query: Record<string, string>) =>
    client.json('GET', `/api/v1/datasets/${id}/samples?${new URLSearchParams(query)}`);
  const { body: tables } = await client.json('GET', `/api/v1/datasets/${id}/tables`);
  const splits = Object.entries(wild.splits ?? {});
  const there = tables.subsets.flatMap((subset: Json) =>
    subset.splits.map((split: Json) => `${subset.name}/${split.name}`),
  );
  expectSame('the splits', there.sort(), splits.map(([name]) => name).sort());
  for (const [name, rows] of splits) {
    const [subset = '', split = ''] = name.split('/');
    const of = { subset, split };
    if (wild.unreadable) {
      const { status, body } = await samples(of);
      if (status !== 422 || !wild.unreadable.test(body.message))
        expectSame(name, { status, ...body }, String(wild.unreadable));
      continue;
    }
    if (!('count' in rows)) {
      const { body } = await samples(of);
      expectSame(
        name,
        body.items?.map(({ row }: Json) => sorted(row)),
        rows.map(sorted),
      );
    } else {
      for (const [offset, row] of Object.entries(rows.at)) {
        const { body } = await samples({ ...of, offset, limit: '1' });
        expectSame(`${name} ${offset}`, [body.total, sorted(body.items?.[0]?.row)], [rows.count, sorted(row)]);
      }
    }
    if (wild.types) {
      const { body } = await samples({ ...of, limit: '1' });
      const types = Object.fromEntries(body.columns?.map((column: Json) => [column.name, column.type]) ?? []);
      expectSame(`the types of ${name}`, sorted(types), sorted(wild.types));
    }
    for (const [query, found] of wild.finds ?? []) {
      const { body } = await samples({ ...of, ...parametersOf(query) });
      expectSame(JSON.stringify(query), body.items?.map(({ index }: Json) => index) ?? body, found);
    }
    for (const [query, message] of wild.refuses ?? []) {
      const { status, body } = await samples({ ...of, ...parametersOf(query) });
      if (status !== 400 || !message.test(JSON.stringify(body.issues)))
        expectSame(JSON.stringify(query), body, String(message));
    }
  }
  if (wild.images) {
    const { numImages: images, numAnnotations: annotations } = await client.dataset(id);
    expectSame('what is counted', { images, annotations }, wild.images);
  }
  const { body: imports } = await client.json('GET', `/api/v1/datasets/${id}/imports`);
  const issues: Json[] = imports.items[0].report.issues;
  const stated = wild.findings ?? {};
  expectSame('the findings', issues.map(({ code }) => code).sort(), Object.keys(stated).sort());
  for (const { code, examples } of issues) {
    const detail: string = examples[0]?.detail ?? '';
    const expected = stated[code] ?? '';
    if (expected instanceof RegExp ? !expected.test(detail) : expected !== detail)
      expectSame(code, detail, String(expected));
  }
  return differences;
}

async function download(client: Client, repoId: string) {
  const { body } = await client.json('POST', '/api/v1/datasets/download', { repoId });
  const { error } = await client.waitForJob(body.jobId);
  return { id: body.id, error: error?.message };
}

async function upload(client: Client, files: Record<string, string | Uint8Array>) {
  const id = await client.createDataset();
  const entries = Object.entries(files).map(([path, content]): [string, Uint8Array] => [path, Buffer.from(content)]);
  const { job } = await client.importArchive(id, 'data.zip', await zipOf(new Map(entries)));
  return { id, error: job.error?.message };
}

const parametersOf = ({
  term,
  isRegex,
  filters,
}: NonNullable<WildCase['finds']>[number][0]): Record<string, string> => ({
  ...(term === undefined ? {} : { search: term }),
  ...(isRegex ? { regex: 'true' } : {}),
  ...(filters ? { filters: JSON.stringify(filters) } : {}),
});

/** The order of names is not what a row says. */
const sorted = (row: object = {}): [string, unknown][] => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
