/** The one annotation model that every format is read into and written from. */

export const FORMATS = [
  'yolo',
  'coco',
  'pascal_voc',
  'imagefolder',
  'dice',
  'csv',
  'cvat',
  'labelme',
  'label_studio',
  'mvtec',
  'images',
  'parquet',
  'jsonl',
] as const;
export type Format = (typeof FORMATS)[number];

export type TaskType =
  | 'image_classification'
  | 'object_detection'
  | 'instance_segmentation'
  | 'keypoint_detection'
  | 'oriented_detection'
  | 'anomaly_detection'
  | 'image_captioning'
  | 'text';

/** Left, top, width and height in pixels of the image as displayed; the origin is the top left corner. */
export type Box = [x: number, y: number, width: number, height: number];

/** Run lengths of a column-major mask, as COCO has them: plain counts or its compressed string. */
export interface Rle {
  size: [height: number, width: number];
  counts: number[] | string;
}

/**
 * What an annotation marks. `box` is what its file says, or what encloses the shape; null for a whole-image label.
 * Polygon rings are flat lists x1, y1, x2, y2, …; keypoints are triples x, y, visibility (0, 1 or 2), as in COCO.
 */
export type Shape =
  | { type: 'bbox'; geometry: { box: Box } }
  | { type: 'polygon'; geometry: { box: Box | null; polygons: number[][] } }
  | { type: 'rle'; geometry: { box: Box | null; rle: Rle } }
  | { type: 'keypoints'; geometry: { box: Box | null; keypoints: number[] } }
  | { type: 'classification'; geometry: Record<string, never> };

/** `classIndex` points into the dataset's class list; attributes are what the format says beside the shape. */
export type Annotation = Shape & {
  classIndex: number;
  attributes: Record<string, unknown>;
};

export interface ClassDefinition {
  name: string;
  /** What the format's own writer needs to give the class back: its id there, its supercategory, its skeleton. */
  source: Record<string, unknown>;
}

/** An image with all that its dataset says about it. */
export interface ImageRecord {
  path: string;
  split: string | null;
  className: string | null;
  /** True when the dataset speaks of this image, be it only to say that there is nothing on it. */
  isLabeled: boolean;
  annotations: Annotation[];
}
