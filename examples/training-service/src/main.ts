/**
 * A service that trains on a dataset of Granary: it says that it uses it, which guards it against deletion, reads images
 * with their annotations, and lets go of it.
 *
 * GRANARY_URL=… GRANARY_API_KEY=… node src/main.ts <dataset id> <run id> <folder>
 */
import { join } from 'node:path';
import { createClient, type GranaryClient, type ImageView } from '@granary/client';

const SERVICE = 'example-trainer';

const [datasetId, runId, folder] = process.argv.slice(2);
const { GRANARY_URL: url, GRANARY_API_KEY: apiKey } = process.env;
if (!url || !apiKey || !datasetId || !runId || !folder) {
  console.error('GRANARY_URL=… GRANARY_API_KEY=… node src/main.ts <dataset id> <run id> <folder>');
  process.exit(2);
}

const client = createClient({ url, apiKey });
// The same run again answers the same usage: a service that was killed may simply start anew.
const usage = await client.usages.register.mutate({ id: datasetId, service: SERVICE, externalId: runId });
try {
  const dataset = await client.datasets.get.query({ id: datasetId });
  let [images, boxes] = [0, 0];
  for await (const image of trainingImages(client, datasetId)) {
    await client.downloadFile(datasetId, image.path, { to: join(folder, image.path) });
    const { items } = await client.images.annotations.query({ id: datasetId, fileId: image.id });
    images++;
    boxes += items.length;
  }
  console.log(JSON.stringify({ dataset: dataset.name, classes: dataset.classNames, images, boxes }));
} finally {
  await client.usages.release.mutate({ usageId: usage.id });
}

async function* trainingImages(granary: GranaryClient, id: string): AsyncGenerator<ImageView> {
  let cursor: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof granary.images.list.query>> = await granary.images.list.query({
      ...{ id, split: 'train', limit: 100 },
      ...(cursor ? { cursor } : {}),
    });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}
