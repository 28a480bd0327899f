import { readCocoLike } from '../cocolike/read.ts';
import { isCoco, nameFiles, surveySample } from '../cocolike/survey.ts';
import type { FormatReader } from '../format.ts';

/** COCO instances, key points and captions: https://cocodataset.org/#format-data */
export const coco: FormatReader = {
  format: 'coco',

  async detect(source, listing) {
    const files = await surveySample(source, listing);
    if (files.length === 0) return { confidence: 0, reasons: ['No JSON file has lists of images and annotations.'] };
    if (!files.some(isCoco)) {
      return {
        confidence: 0,
        reasons: [`${nameFiles(files)} has neither "info" nor "licenses", and no name of COCO's: it is DICE.`],
      };
    }
    return {
      confidence: Math.max(...files.map(({ confidence }) => confidence)),
      reasons: [`${nameFiles(files)} has COCO's lists of images and annotations.`],
    };
  },

  read: readCocoLike,
};
