import { errorOf } from '@granary/client';
import { connect, type GlobalOptions } from './config.ts';
import { print } from './output.ts';
import { pushTo, waitDrawn } from './push.ts';

interface SampleOptions extends GlobalOptions {
  id: string;
  name: string;
  description?: string;
  tag?: string[];
}

/** Makes the sample if there is none of that id, then uploads to it: run again, it goes on. */
export async function publishSample(path: string, options: SampleOptions): Promise<void> {
  const client = await connect(options);
  const { id, name, description, tag } = options;
  await client.samples.publish
    .mutate({ id, name, ...(description ? { description } : {}), ...(tag ? { tags: tag } : {}) })
    .catch((error) => {
      if (errorOf(error)?.code !== 'id_taken') throw error;
    });
  await pushTo(client, path, id, { onConflict: 'replace', wait: true });
}

export async function adopt(
  id: string,
  options: GlobalOptions & { name: string; owner?: string; wait: boolean },
): Promise<void> {
  const client = await connect(options);
  const { name, owner } = options;
  const started = await client.samples.adopt.mutate({ id, name, ...(owner ? { ownerEmail: owner } : {}) });
  if (!options.wait) return print(started, () => `The content is being read: job ${started.jobId}.`);
  await waitDrawn(client, 'Reading', started.jobId);
  const dataset = await client.datasets.get.query({ id });
  print(dataset, () => `${dataset.name} (${id}): ${dataset.numImages} images, ${dataset.format ?? 'no format'}.`);
}
