import { z } from 'zod';

/** What `save_to_disk` of the `datasets` library leaves beside the Arrow files of a split. */
export const DATASET_INFO = 'dataset_info.json';

/**
 * What a `dataset_info.json` says of the columns beside it, as Parquet has it in its footer; null where it says nothing.
 * https://huggingface.co/docs/datasets/about_dataset_features
 */
export function featuresOfInfo(text: string): string | null {
  const said = datasetInfo.safeParse(text).data;
  return said ? JSON.stringify({ info: { features: said.features } }) : null;
}

const datasetInfo = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'is no JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.object({ features: z.record(z.string(), z.unknown()) }));
