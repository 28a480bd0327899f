import { cocoLikeLosses, writeCocoLike } from '../cocolike/write.ts';
import type { FormatWriter } from '../format.ts';

export const diceWriter: FormatWriter = {
  format: 'dice',
  losses: cocoLikeLosses,
  write: (dataset) =>
    writeCocoLike(dataset, {
      isOwn: dataset.format === 'dice',
      fileOf: (split) => (split === null ? 'annotations.json' : `${split}/annotations.json`),
      members: {},
    }),
};
