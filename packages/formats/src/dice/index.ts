import { readCocoLike } from '../cocolike/read.ts';
import { isCoco, nameFiles, surveySample } from '../cocolike/survey.ts';
import type { FormatReader } from '../format.ts';

/** The platform's own annotations: COCO's structure without `info` and `licenses`, or anything else that tells COCO. */
export const dice: FormatReader = {
  format: 'dice',

  async detect(source, listing) {
    const files = await surveySample(source, listing);
    if (files.length === 0) return { confidence: 0, reasons: ['No JSON file has lists of images and annotations.'] };
    const described = files.find(({ describesItself }) => describesItself);
    if (described) return { confidence: 0, reasons: [`${described.path} has "info" or "licenses": it is COCO.`] };
    const named = files.find(isCoco);
    if (named)
      return {
        confidence: 0,
        reasons: [
          named.foreignMember
            ? `${named.path} has a member "${named.foreignMember}", which DICE lacks: it is COCO.`
            : `${named.path} is called as COCO's files are.`,
        ],
      };
    return {
      confidence: Math.max(...files.map(({ confidence }) => confidence)) - 0.01,
      reasons: [`${nameFiles(files)} has COCO's lists, and neither "info" nor "licenses".`],
    };
  },

  read: readCocoLike,
};
