import type { FormatReader } from '../format.ts';
import { detectYolo } from './detect.ts';
import { readYolo } from './read.ts';

/** Ultralytics YOLO detection: https://docs.ultralytics.com/datasets/detect/ */
export const yolo: FormatReader = { format: 'yolo', detect: detectYolo, read: readYolo };
