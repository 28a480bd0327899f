import { readCocoLike } from '../cocolike/read.ts';
import { nameFiles, surveyFiles } from '../cocolike/survey.ts';
import type { FormatReader } from '../format.ts';

/**
 * The platform's own annotations: COCO's structure without `info` and `licenses`, and with no members but those its
 * writer makes. Whatever has either, or more, came from elsewhere and is COCO.
 */
export const dice: FormatReader = {
  format: 'dice',

  async detect(source, listing) {
    const files = await surveyFiles(source, listing);
    if (files.length === 0) return { confidence: 0, reasons: ['No JSON file has lists of images and annotations.'] };
    const described = files.find(({ describesItself }) => describesItself);
    if (described) return { confidence: 0, reasons: [`${described.path} has "info" or "licenses": it is COCO.`] };
    const foreign = files.find(({ foreignMember }) => foreignMember !== null);
    if (foreign)
      return {
        confidence: 0,
        reasons: [`${foreign.path} has a member "${foreign.foreignMember}", which DICE lacks: it is COCO.`],
      };
    return {
      confidence: Math.max(...files.map(({ confidence }) => confidence)) - 0.01,
      reasons: [`${nameFiles(files)} has COCO's lists, and neither "info" nor "licenses".`],
    };
  },

  read: readCocoLike,
};
