import { deepStrictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/paths.ts';
import { yoloDataset, zipOf } from './archives.ts';
import { Client } from './client.ts';
import { start } from './start.ts';

/** The commits that came before this one, the newest first; none where the checkout has no history, and why. */
export function earlierCommits(count: number): { commits: string[]; why: string | null } {
  const { status, stdout, stderr } = git('rev-list', '--first-parent', `--max-count=${count}`, '--skip=1', 'HEAD');
  const commits = status === 0 ? stdout.trim().split('\n').filter(Boolean) : [];
  return { commits, why: commits.length > 0 ? null : stderr.trim() || 'this checkout has no history' };
}

/** An earlier commit that does not start, so that nobody can have data of it. */
export class NeverRan extends Error {
  override name = 'NeverRan';
}

/**
 * Lives with a Granary of an earlier commit, stops it, and goes on with the present one on the same data.
 *
 * @throws NeverRan, or what is not as it was
 */
export async function upgradeFrom(commit: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'granary-upgrade-'));
  try {
    const earlier = checkOut(commit, join(folder, 'checkout'));
    const env = { GRANARY_DATA_DIR: join(folder, 'data'), PORT: '0' };
    // Pages that both have in common are built once.
    const before = start({ ...env, TURBO_CACHE_DIR: join(root, '.turbo/cache') }, 'starter', earlier);
    const url = await before.ready.catch((cause: Error) => {
      throw new NeverRan(`${commit} does not start: ${cause.message.slice(0, 1000)}`, { cause });
    });
    const left = await liveWith(url);
    before.child.kill('SIGTERM');
    await before.ended;
    const now = start(env);
    try {
      await goOn(await now.ready, left);
    } finally {
      now.child.kill('SIGTERM');
      await now.ended;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Left {
  cookie: string;
  key: string;
  account: unknown;
  datasetId: string;
  tree: [string, string][];
  contentHash: string;
  upload: { id: string; bytes: Buffer<ArrayBuffer>; sent: number };
  /** An import that had just begun. */
  jobId: string;
  history: History;
}

/** What each revision and version of the dataset held, and a file that one of them removed. */
interface History {
  removed: { path: string; bytes: Buffer };
  said: Record<string, Said>;
}

interface Said {
  manifest: string;
  images: unknown[];
  classes: unknown[];
}

/** The same from the newest of some commits that starts; those that do not are told. */
export async function upgradeFromNewest(commits: readonly string[]): Promise<string | null> {
  for (const commit of commits) {
    try {
      await upgradeFrom(commit);
      return commit;
    } catch (error) {
      if (!(error instanceof NeverRan)) throw error;
      console.log(error.message);
    }
  }
  return null;
}

/** Data with a history, a session, a key, an upload of which half is there, and an import that is not done. */
async function liveWith(url: string): Promise<Left> {
  const client = new Client(url);
  const account = await client.register('keeper');
  const { body: key } = await client.json('POST', '/api/v1/api-keys', { name: 'upgrade', scopes: ['read', 'write'] });
  const datasetId = await client.createDataset('kept');
  const files = await yoloDataset(12);
  await client.importArchive(datasetId, 'a.zip', await zipOf(files));
  const history = await change(client, datasetId, files);
  const bytes = randomBytes(300_000);
  const id = await client.createUpload(datasetId, 'half.bin', bytes.length, { kind: 'file' });
  await client.patch(id, 0, bytes.subarray(0, 100_000));
  const tree = [...(await client.tree(datasetId))];
  const { contentHash } = await client.dataset(datasetId);
  const other = await client.createDataset('begun');
  const uploaded = await client.upload(other, 'b.zip', await zipOf(await yoloDataset(300)));
  const { jobId } = await client.startImport(other, [uploaded]);
  const left = { cookie: client.cookie, key: key.secret, account, datasetId, tree, contentHash, jobId, history };
  return { ...left, upload: { id, bytes, sent: await client.offset(id) } };
}

/** A version with a tag, a removal and other labels: revisions 1 to 3. */
async function change(client: Client, id: string, files: ReadonlyMap<string, Uint8Array>): Promise<History> {
  const at = `/api/v1/datasets/${id}`;
  deepStrictEqual((await client.json('POST', `${at}/versions`, { message: 'first', tags: ['kept'] })).status, 201);
  const [path = ''] = [...files.keys()].filter((name) => name.endsWith('.png'));
  const { body } = await client.json('POST', `${at}/files/remove`, { paths: [path] });
  deepStrictEqual((await client.waitForJob(body.jobId)).state, 'completed');
  const label = [...files.keys()].findLast((name) => name.startsWith('labels/')) ?? '';
  await client.importArchive(id, 'labels.zip', await zipOf(new Map([[label, Buffer.from('0 0.5 0.5 0.9 0.9\n')]])));
  const said: Record<string, Said> = {};
  for (const ref of ['kept', 'r1', 'r2', 'r3', 'draft']) said[ref] = await saidOf(client, id, ref);
  return { removed: { path, bytes: Buffer.from(files.get(path) ?? '') }, said };
}

async function saidOf(client: Client, id: string, ref: string): Promise<Said> {
  const at = `/api/v1/datasets/${id}`;
  const manifest = await client.raw('GET', `${at}/manifest?version=${ref}&format=sha256sum`);
  const { body } = await client.json('GET', `${at}/images?limit=100&withAnnotations=true&version=${ref}`);
  const { body: statistics } = await client.json('GET', `${at}/statistics?version=${ref}`);
  return { manifest: await manifest.text(), images: body.items, classes: statistics.classes };
}

/** Every revision is what it was, and the removal can still be undone. */
async function lookBack(client: Client, id: string, { removed: { path, bytes }, said }: History): Promise<void> {
  const at = `/api/v1/datasets/${id}`;
  for (const [ref, before] of Object.entries(said)) deepStrictEqual(await saidOf(client, id, ref), before, ref);
  const { body: version } = await client.json('GET', `${at}/versions/kept`);
  deepStrictEqual(
    createHash('sha256')
      .update(said.kept?.manifest ?? '')
      .digest('hex'),
    version.contentHash,
  );
  deepStrictEqual((await client.content(id, path, 'kept')).equals(bytes), true);
  const { body } = await client.json('POST', `${at}/revisions/2/undo`);
  deepStrictEqual((await client.waitForJob(body.jobId)).state, 'completed');
  deepStrictEqual((await client.content(id, path)).equals(bytes), true);
}

async function goOn(url: string, left: Left): Promise<void> {
  const client = new Client(url);
  client.cookie = left.cookie;
  const me = await client.json('GET', '/api/v1/auth/me');
  deepStrictEqual([me.status, me.body.id], [200, (left.account as { id: string }).id]);
  const byKey = new Client(url);
  byKey.key = left.key;
  deepStrictEqual((await byKey.json('GET', `/api/v1/datasets/${left.datasetId}`)).status, 200);
  deepStrictEqual([...(await client.tree(left.datasetId))], left.tree);
  deepStrictEqual((await client.dataset(left.datasetId)).contentHash, left.contentHash);
  await lookBack(client, left.datasetId, left.history);
  const { id, bytes, sent } = left.upload;
  deepStrictEqual(await client.offset(id), sent);
  deepStrictEqual((await client.patch(id, sent, bytes.subarray(sent))).status, 204);
  const { jobId } = await client.startImport(left.datasetId, [id]);
  deepStrictEqual((await client.waitForJob(jobId)).state, 'completed');
  deepStrictEqual((await client.content(left.datasetId, 'half.bin')).equals(bytes), true);
  deepStrictEqual((await client.waitForJob(left.jobId)).state, 'completed');
}

/** The earlier commit, ready to start: with the packages of this checkout where it wants the same, else with its own. */
function checkOut(commit: string, folder: string): string {
  done(git('clone', '--quiet', '--shared', '--no-checkout', root, folder));
  done(git('-C', folder, 'checkout', '--quiet', commit));
  const isSame = ['pnpm-lock.yaml', 'pnpm-workspace.yaml'].every(
    (file) => readFileSync(join(root, file), 'utf8') === readFileSync(join(folder, file), 'utf8'),
  );
  if (isSame) {
    for (const place of ['.', ...membersOf(folder)]) linkPackages(place, folder);
  } else {
    const options = ['--frozen-lockfile', '--prefer-offline'];
    done(
      spawnSync('pnpm', ['install', ...options], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, CI: 'true' },
      }),
    );
  }
  return folder;
}

/** pnpm's links between the members are relative: a copy of them leads to the earlier members, and the store stays one. */
function linkPackages(place: string, folder: string): void {
  const from = join(root, place, 'node_modules');
  if (!existsSync(from)) return;
  const to = join(folder, place, 'node_modules');
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => path !== join(from, '.pnpm') && !path.includes('/.cache'),
  });
  if (existsSync(join(from, '.pnpm'))) symlinkSync(join(from, '.pnpm'), join(to, '.pnpm'));
}

const membersOf = (folder: string): string[] =>
  ['apps', 'packages', 'examples', 'bench'].flatMap((parent) =>
    existsSync(join(folder, parent))
      ? readdirSync(join(folder, parent), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => join(parent, entry.name))
      : [],
  );

function git(...args: string[]) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' });
}

function done({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }): void {
  if (status !== 0) throw new Error(`${stdout}${stderr}`.trim());
}
