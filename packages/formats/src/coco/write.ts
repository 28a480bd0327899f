import { cocoLikeLosses, writeCocoLike } from '../cocolike/write.ts';
import type { FormatWriter } from '../format.ts';

export const cocoWriter: FormatWriter = {
  format: 'coco',
  losses: cocoLikeLosses,
  write: (dataset) =>
    writeCocoLike(dataset, {
      isOwn: dataset.format === 'coco' || dataset.format === 'dice',
      fileOf: (split) => (split === null ? 'annotations/instances.json' : `annotations/instances_${split}.json`),
      members: { info: { description: 'Written by Granary' }, licenses: [] },
    }),
};
