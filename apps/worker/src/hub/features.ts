import { MAX_TEXT_BYTES } from '@granary/formats';
import { type Hub, isMissing } from '@granary/hub';
import { DATASET_INFO, featuresOfInfo } from '../tables/dataset-info.ts';

/** What the `dataset_info.json` beside an Arrow file of the Hub says of its columns; undefined where there is none. @throws HubError */
export async function featuresBeside(hub: Hub, repoId: string, url: string): Promise<string | undefined> {
  try {
    const { body } = await hub.open(repoId, url.replace(/[^/]*$/, DATASET_INFO), { start: 0, end: MAX_TEXT_BYTES });
    return featuresOfInfo(await new Response(body).text()) ?? undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
