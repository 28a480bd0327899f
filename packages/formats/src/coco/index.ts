import { readCocoLike } from '../cocolike/read.ts';
import { nameFiles, surveyFiles } from '../cocolike/survey.ts';
import type { FormatReader } from '../format.ts';

/** COCO instances, key points and captions: https://cocodataset.org/#format-data */
export const coco: FormatReader = {
  format: 'coco',

  async detect(source, listing) {
    const files = await surveyFiles(source, listing);
    if (files.length === 0) return { confidence: 0, reasons: ['No JSON file has lists of images and annotations.'] };
    const isCoco = files.some(({ describesItself, foreignMember }) => describesItself || foreignMember !== null);
    if (!isCoco) {
      return {
        confidence: 0,
        reasons: ['The JSON has neither "info" nor "licenses" nor any member that DICE lacks: it is DICE.'],
      };
    }
    return {
      confidence: Math.max(...files.map(({ confidence }) => confidence)),
      reasons: [`${nameFiles(files)} has COCO's lists of images and annotations.`],
    };
  },

  read: readCocoLike,
};
