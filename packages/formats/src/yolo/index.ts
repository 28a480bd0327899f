import type { FormatReader } from '../format.ts';
import { detectYolo } from './detect.ts';
import { readYolo } from './read.ts';

/** Ultralytics YOLO (https://docs.ultralytics.com/datasets/) and the older Darknet layout. */
export const yolo: FormatReader = { format: 'yolo', readsByImage: true, detect: detectYolo, read: readYolo };
