import { basename, resolve } from 'node:path';
import type { GranaryClient, ImportView } from '@granary/client';
import { SingleBar } from 'cli-progress';
import { connect, type GlobalOptions } from './config.ts';
import { confirmByName } from './confirm.ts';
import { UsageError } from './exit.ts';
import { bytes, hasTerminal, print, say } from './output.ts';

interface PushOptions extends GlobalOptions {
  dataset?: string;
  name?: string;
  description?: string;
  tag?: string[];
  organization?: string;
  onConflict: 'replace' | 'skip' | 'fail' | 'keep_both';
  labelsOnly?: boolean;
  replaceAll?: boolean;
  yes?: boolean;
  wait: boolean;
}

export async function push(path: string, options: PushOptions): Promise<void> {
  const client = await connect(options);
  if (options.replaceAll && !options.labelsOnly)
    throw new UsageError('--replace-all is about labels: add --labels-only.');
  const datasetId = options.dataset ?? (await findOrMake(client, path, options));
  if (options.replaceAll && !options.yes) await confirmReplacing(client, datasetId);
  await pushTo(client, path, datasetId, options);
}

/** Asks, with how much there is to lose. */
async function confirmReplacing(client: GranaryClient, id: string): Promise<void> {
  const [{ name, numAnnotations }, { labeledImages }] = await Promise.all([
    client.datasets.get.query({ id }),
    client.datasets.statistics.query({ id }),
  ]);
  if (labeledImages === 0) return;
  const count = (value: number) => value.toLocaleString('en');
  await confirmByName(name, {
    consequence: `"${name}" has ${count(numAnnotations)} annotations on ${count(labeledImages)} labeled images. All of them go that the new labels do not replace.`,
    action: 'replace all labels',
    refused: 'nothing was uploaded',
  });
}

/** Uploads to a dataset and imports; tells how it went. */
export async function pushTo(
  client: GranaryClient,
  path: string,
  datasetId: string,
  {
    onConflict,
    labelsOnly = false,
    replaceAll = false,
    wait,
  }: Pick<PushOptions, 'onConflict' | 'labelsOnly' | 'replaceAll' | 'wait'>,
): Promise<void> {
  const started = await drawn('Uploading', (draw) =>
    client.uploadFolder(datasetId, path, {
      import: { onConflict, ...(labelsOnly ? { labelsOnly, replaceAll } : {}) },
      onProgress: ({ sentBytes, totalBytes }) =>
        draw(totalBytes === 0 ? 100 : (sentBytes / totalBytes) * 100, `${bytes(sentBytes)} of ${bytes(totalBytes)}`),
    }),
  );
  if (!wait) return print({ datasetId, ...started }, () => `Uploaded. The import runs as job ${started.jobId}.`);
  await waitDrawn(client, 'Importing', started.jobId);
  const [dataset, done] = await Promise.all([
    client.datasets.get.query({ id: datasetId }),
    client.imports.get.query({ id: datasetId, importId: started.importId }),
  ]);
  print({ datasetId, ...started, dataset, report: done.report }, () =>
    [
      `${dataset.name} (${datasetId}): ${dataset.numImages} images, ${dataset.numAnnotations} annotations, ${bytes(dataset.sizeBytes)}, ${dataset.format ?? 'no format'}.`,
      ...findingsOf(done),
    ].join('\n'),
  );
}

function findingsOf({ report }: ImportView): string[] {
  return (report?.issues ?? []).map(({ severity, message }) => `  ${severity}: ${message}`);
}

/** One's dataset of that name: so the same command goes on with the same dataset. */
async function findOrMake(client: GranaryClient, path: string, options: PushOptions): Promise<string> {
  const name = options.name ?? basename(resolve(path)).replace(/\.(zip|tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2?|txz)$/i, '');
  let cursor: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof client.datasets.list.query>> = await client.datasets.list.query({
      search: name,
      ...(options.organization ? { organizationId: options.organization } : { scope: 'mine' as const }),
      limit: 100,
      ...(cursor ? { cursor } : {}),
    });
    const known = page.items.find(
      (item) => item.name === name && (item.organizationId ?? '') === (options.organization ?? ''),
    );
    if (known) return known.id;
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  const made = await client.datasets.create.mutate({
    name,
    ...(options.description ? { description: options.description } : {}),
    ...(options.tag ? { tags: options.tag } : {}),
    ...(options.organization ? { organizationId: options.organization } : {}),
  });
  say(`Created the dataset "${name}" (${made.id}).`);
  return made.id;
}

/** Waits for a job with a bar. */
export async function waitDrawn(client: GranaryClient, title: string, jobId: string): Promise<void> {
  await drawn(title, (draw) =>
    client.waitForJob(jobId, { onProgress: ({ progress, message }) => draw(progress, message) }),
  );
}

const SAY_EVERY_PERCENT = 10;

/** A bar where there is a terminal, else a line now and then. */
export async function drawn<T>(
  title: string,
  work: (draw: (percent: number, text: string) => void) => Promise<T>,
): Promise<T> {
  if (!hasTerminal()) {
    let next = 0;
    return work((percent, text) => {
      if (percent < next) return;
      next = Math.floor(percent / SAY_EVERY_PERCENT) * SAY_EVERY_PERCENT + SAY_EVERY_PERCENT;
      say(`${title}: ${Math.floor(percent)} % (${text})`);
    });
  }
  const bar = new SingleBar({
    format: `${title} [{bar}] {percentage} % {text}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: false,
  });
  bar.start(100, 0, { text: '' });
  try {
    const result = await work((percent, text) => bar.update(Math.floor(percent), { text }));
    bar.update(100);
    return result;
  } finally {
    bar.stop();
  }
}
