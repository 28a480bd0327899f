import type { GranaryClient } from '@granary/client';
import { connect, type GlobalOptions } from './config.ts';
import { UsageError } from './exit.ts';
import { bytes, print, say, table } from './output.ts';

/** Versions of a dataset, the newest first, and how far the draft is from them. */
export async function versions(id: string, options: GlobalOptions): Promise<void> {
  const client = await connect(options);
  const { items } = await client.versions.list.query({ id, limit: 100 });
  const since = await client.versions.sinceLast.query({ id });
  print({ items, draft: since }, () =>
    table([
      ['VERSION', 'REVISION', 'TAGS', 'IMAGES', 'ANNOTATIONS', 'SIZE', 'CREATED', 'MESSAGE'],
      ['draft', '', '', '', '', '', '', `${since.revisions} changes since`],
      ...items.map((row) => [
        ...[`v${row.version}`, `r${row.revision}`, row.tags.join(' ') || '-', String(row.numImages)],
        ...[String(row.numAnnotations), bytes(row.sizeBytes), row.createdAt.slice(0, 10), row.message],
      ]),
    ]),
  );
}

/** Keeps the draft as a version. */
export async function snapshot(
  id: string,
  { message, tag = [], ...options }: GlobalOptions & { message?: string; tag?: string[] },
): Promise<void> {
  const client = await connect(options);
  const made = await client.versions.create.mutate({ id, message: message ?? '', tags: tag });
  print(made, () => `Version ${made.version}: ${made.numFiles} files, ${bytes(made.sizeBytes)}.`);
}

/** Lets a tag point at a version, or deletes it. */
export async function tag(
  id: string,
  name: string,
  version: string | undefined,
  options: GlobalOptions & { delete?: boolean },
): Promise<void> {
  const client = await connect(options);
  if (options.delete) {
    const gone = await client.versions.deleteTag.mutate({ id, tag: name });
    return print(gone, () => `The tag ${name} is deleted.`);
  }
  if (version === undefined) throw new UsageError('Name the version that the tag points at, or add --delete.');
  const tagged = await client.versions.setTag.mutate({ id, tag: name, version });
  print(tagged, () => `${name} is version ${tagged.version} now.`);
}

/**
 * What is different between two versions.
 *
 * @returns whether anything is
 */
export async function diff(id: string, from: string, to: string, options: GlobalOptions): Promise<boolean> {
  const client = await connect(options);
  const found = await client.versions.diff.query({ id, from, to });
  const { files, annotations, classes, splits, images } = found;
  const numbers = [...Object.values(files), ...Object.values(annotations), ...Object.values(classes), splits.moved];
  const isDifferent = numbers.some((count) => count > 0);
  print(found, () =>
    isDifferent
      ? table([
          ['', 'ADDED', 'REMOVED', 'CHANGED', 'MOVED'],
          ['files', String(files.added), String(files.removed), String(files.changed), String(files.moved)],
          ['annotations', String(annotations.added), String(annotations.removed), String(annotations.changed), ''],
          ['classes', String(classes.added), String(classes.removed), String(classes.renamed), ''],
          ['images', '', '', String(images.changed), String(splits.moved)],
        ])
      : `${from} and ${to} are the same.`,
  );
  return isDifferent;
}

/** Takes back what a revision did. */
export async function undo(id: string, revision: string, options: GlobalOptions & { wait: boolean }): Promise<void> {
  const number = Number(revision.replace(/^r/, ''));
  if (!Number.isInteger(number)) throw new UsageError('A revision is a number, such as r12: see "granary versions".');
  const client = await connect(options);
  await finish(client, id, await client.versions.undo.mutate({ id, revision: number }), options);
}

/** Makes the draft what a version was. */
export async function rollback(id: string, to: string, options: GlobalOptions & { wait: boolean }): Promise<void> {
  const client = await connect(options);
  await finish(client, id, await client.versions.rollback.mutate({ id, to }), options);
}

/** Makes a dataset of one's own of a version. */
export async function fork(
  id: string,
  {
    name,
    at,
    organization,
    ...options
  }: GlobalOptions & { name?: string; at: string; organization?: string; wait: boolean },
): Promise<void> {
  const client = await connect(options);
  const asked = { id, version: at, name: name ?? `${(await client.datasets.get.query({ id })).name} (fork)` };
  const made = await client.forks.create.mutate(organization ? { ...asked, organizationId: organization } : asked);
  if (options.wait) await client.waitForJob(made.jobId);
  const dataset = options.wait ? { ...made, ...(await client.datasets.get.query({ id: made.id })) } : made;
  print(dataset, () =>
    options.wait
      ? `${dataset.id}: ${dataset.numFiles} files, ${bytes(dataset.sizeBytes)}.`
      : `${made.id}: job ${made.jobId} is queued.`,
  );
}

/** Merges what the source of a fork has changed since, or only says what that is. */
export async function update(
  id: string,
  to: string | undefined,
  options: GlobalOptions & { dryRun?: boolean; wait: boolean },
): Promise<void> {
  const client = await connect(options);
  const asked = to === undefined ? { id } : { id, to };
  if (!options.dryRun) return finish(client, id, await client.forks.merge.mutate(asked), options);
  const found = await client.forks.update.query(asked);
  const { added, changed, removed } = found.merges;
  if (found.conflicts.length > 0) say(`Changed here as well, and left alone:\n  ${found.conflicts.join('\n  ')}`);
  print(found, () =>
    found.isNewer
      ? `${found.from} to ${found.to}: ${added} files are new, ${changed} change, ${removed} go.`
      : 'The source has not changed.',
  );
}

async function finish(
  client: GranaryClient,
  datasetId: string,
  started: { importId: string; jobId: string },
  { wait }: { wait: boolean },
): Promise<void> {
  if (!wait) return print(started, () => `Job ${started.jobId} is queued.`);
  await client.waitForJob(started.jobId);
  const { reverted } = await client.imports.get.query({ id: datasetId, importId: started.importId });
  const { reverted: files = 0, conflicts = [] } = reverted ?? {};
  if (conflicts.length > 0) say(`Changed otherwise as well, and left alone:\n  ${conflicts.join('\n  ')}`);
  print({ ...started, reverted: files, conflicts }, () => `${files} files changed.`);
}
