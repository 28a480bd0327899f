import { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Reader } from '../base/person.ts';
import { publishTargetOf } from './publish-format.ts';
import type { PaletteClass } from './schemas.ts';

/** As COCO says a skeleton, and the readers of other formats with it: names, and pairs of their numbers from 1. */
const skeleton = z.object({
  keypoints: z.array(z.coerce.string()).catch([]),
  skeleton: z.array(z.tuple([z.number().int(), z.number().int()])).catch([]),
});

/** The classes to annotate with: those of the draft, and behind them those of edits that are not published yet. */
export async function listPalette({ database, dataset }: Permitted<'see', Reader>): Promise<PaletteClass[]> {
  const { classes } = await publishTargetOf(database, dataset);
  const coming = await database.sql<{ name: string }[]>`
    select annotation ->> 'newClass' as name
    from image_edits, jsonb_array_elements(annotations) as annotation
    where dataset_id = ${dataset.id} and annotations is not null and annotation ? 'newClass'
    group by 1 order by min(edited_at), 1`;
  const known = new Set(classes.map(({ name }) => name));
  const behind = Math.max(-1, ...classes.map(({ index }) => index)) + 1;
  return [
    ...classes.map(({ index, name, source }) => ({ index, name, ...skeletonOf(source) })),
    ...coming
      .filter(({ name }) => !known.has(name))
      .map(({ name }, i) => ({ index: behind + i, name, keypoints: [], limbs: [] })),
  ];
}

function skeletonOf(source: Record<string, unknown>): Pick<PaletteClass, 'keypoints' | 'limbs'> {
  const { keypoints, skeleton: joints } = skeleton.parse(source);
  const limbs = joints.map(([from, to]): [number, number] => [from - 1, to - 1]);
  return { keypoints, limbs: limbs.filter((limb) => limb.every((end) => end >= 0 && end < keypoints.length)) };
}
