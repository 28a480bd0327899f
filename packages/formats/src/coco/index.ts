import type { FormatReader } from '../format.ts';
import { detectCoco } from './detect.ts';
import { readCoco } from './read.ts';

/** COCO object detection and segmentation: https://cocodataset.org/#format-data */
export const coco: FormatReader = { format: 'coco', detect: detectCoco, read: readCoco };
