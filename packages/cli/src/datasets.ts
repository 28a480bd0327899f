import type { DatasetView } from '@granary/client';
import { connect, type GlobalOptions } from './config.ts';
import { confirmByName } from './confirm.ts';
import { UsageError } from './exit.ts';
import { bytes, print, table } from './output.ts';

export async function list(
  search: string | undefined,
  options: GlobalOptions & { mine?: boolean; limit: string },
): Promise<void> {
  const client = await connect(options);
  const wanted = Number(options.limit);
  if (!Number.isInteger(wanted) || wanted < 1) throw new UsageError('--limit must be a number of at least 1.');
  const filter = { ...(search ? { search } : {}), ...(options.mine ? { scope: 'mine' as const } : {}) };
  const found: DatasetView[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof client.datasets.list.query>> = await client.datasets.list.query({
      ...filter,
      limit: Math.min(100, wanted - found.length),
      ...(cursor ? { cursor } : {}),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor && found.length < wanted);
  print(found, () =>
    table([
      ['ID', 'NAME', 'STATUS', 'FORMAT', 'IMAGES', 'SIZE'],
      ...found.map(({ id, name, status, format, numImages, sizeBytes }) => [
        ...[id, name, status, format ?? '-', String(numImages), bytes(sizeBytes)],
      ]),
    ]),
  );
}

export async function info(id: string, options: GlobalOptions): Promise<void> {
  const client = await connect(options);
  const dataset = await client.datasets.get.query({ id });
  print(dataset, () =>
    table([
      ['name', dataset.name],
      ['id', dataset.id],
      ['status', dataset.status],
      ['format', dataset.format ?? '-'],
      ['task', dataset.taskType ?? '-'],
      ['license', dataset.license ?? '-'],
      ['images', String(dataset.numImages)],
      ['annotations', String(dataset.numAnnotations)],
      ['classes', dataset.classNames.join(', ') || '-'],
      [
        'splits',
        Object.entries(dataset.splits)
          .map(([name, count]) => `${name} ${count}`)
          .join(', ') || '-',
      ],
      ['size', bytes(dataset.sizeBytes)],
      ['visibility', dataset.visibility],
      ['tags', dataset.tags.join(', ') || '-'],
      ['owner', dataset.organization?.name ?? dataset.owner?.name ?? '-'],
      ['content', dataset.contentHash ?? '-'],
      ['you can', dataset.actions.join(', ')],
    ]),
  );
}

/** Asks, by the name of the dataset, unless told not to. */
export async function remove(id: string, options: GlobalOptions & { yes?: boolean; backup: boolean }): Promise<void> {
  const client = await connect(options);
  const { name } = await client.datasets.get.query({ id });
  if (!options.yes) await confirmByName(name, { action: 'move it to the trash', refused: 'nothing was deleted' });
  const deleted = await client.deletion.delete.mutate({
    id,
    confirmName: name,
    createBackup: options.backup ? 'true' : 'false',
  });
  print(deleted, () => `"${name}" is in the trash. It can be restored until ${deleted.purgeAfter.slice(0, 10)}.`);
}
