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
  'classification_csv',
  'hf_metadata',
  'masks',
  'dota',
  'kitti',
  'createml',
  'via',
  'datumaro',
  'coco_panoptic',
  'visdrone',
  'bdd100k',
  'cityscapes',
  'mot',
  'vott',
  'supervisely',
  'labelbox',
  'darwin',
  'sagemaker',
  'crowdhuman',
  'ultralytics_ndjson',
  'wider_face',
  'oidv4',
  'webdataset',
  'tfrecord',
  'images',
  'parquet',
  'jsonl',
] as const;
export type Format = (typeof FORMATS)[number];

export const TASK_TYPES = [
  'image_classification',
  'object_detection',
  'instance_segmentation',
  'semantic_segmentation',
  'keypoint_detection',
  'oriented_detection',
  'anomaly_detection',
  'image_captioning',
  'text',
] as const;
export type TaskType = (typeof TASK_TYPES)[number];

/** Left, top, width and height in pixels of the image as displayed; the origin is the top left corner. */
export type Box = [x: number, y: number, width: number, height: number];

/** Run lengths of a column-major mask, as COCO has them: plain counts or its compressed string. */
export interface Rle {
  size: [height: number, width: number];
  counts: number[] | string;
}

/**
 * What an annotation marks. `box` is what its file says, null where it says none. Polygon rings are flat lists
 * x1, y1, x2, y2, …; keypoints are triples x, y, visibility (0, 1 or 2), as in COCO, and may come with the outline of
 * the whole object; the corners of an oriented box are x1, y1, … x4, y4 in the order of the file.
 */
export type Shape =
  | { type: 'bbox'; geometry: { box: Box } }
  | { type: 'polygon'; geometry: { box: Box | null; polygons: number[][] } }
  | { type: 'rle'; geometry: { box: Box | null; rle: Rle } }
  | { type: 'keypoints'; geometry: { box: Box | null; keypoints: number[]; polygons?: number[][]; rle?: Rle } }
  | { type: 'obb'; geometry: { corners: number[] } }
  | { type: 'classification'; geometry: Record<string, never> }
  | { type: 'caption'; geometry: { caption: string } };

/**
 * `classIndex` points into the dataset's class list and is null for a caption. Attributes are what the format says
 * beside the shape, under the format's own names where there is no common one: `iscrowd`, `difficult`, `truncated`,
 * `occluded`, `score`, `id`, …
 */
export type Annotation = Shape & {
  classIndex: number | null;
  attributes: Record<string, unknown>;
  /** True for a model's prediction, which a person has yet to confirm. */
  isDraft?: true;
  /** Where the annotation stands in its image's {@link ImageRecord.origin}; only while it is read. */
  at?: number;
};

export interface ClassDefinition {
  name: string;
  /** What the format's own writer needs to give the class back: its id there, its supercategory, its skeleton. */
  source: Record<string, unknown>;
}

/** An image among the files of a dataset. */
export interface ImageEntry {
  path: string;
  /** In pixels as displayed; null when the image can't be read or has not been looked at. */
  width: number | null;
  height: number | null;
  /** Why the image can't be shown; null for a sound one, or one that has not been looked at. */
  problem?: string | null;
  /** SHA-256 of the content in hexadecimal, where the host knows it. */
  sha256?: string;
}

/** An image with all that one place of its dataset says about it. */
export interface ImageRecord extends ImageEntry {
  split: string | null;
  className: string | null;
  /** True when the dataset speaks of this image, be it only to say that there is nothing on it. */
  isLabeled: boolean;
  annotations: Annotation[];
  /** How many annotations of the image were left out. */
  numRefused?: number;
  /**
   * True once all has been read and nothing of what the dataset says of this image could be: it is not labeled then,
   * whatever an earlier record says, and no image without objects.
   */
  areLabelsLost?: true;
  /** What the format's own writer needs to give the image back: its id there, its licence, its name in the file. */
  source?: Record<string, unknown>;
  /** Where the annotations stand: the file, and whether {@link Annotation.at} counts its lines or is an index of a list. */
  origin?: { path: string; unit: 'line' | string };
}

/** The most specific task that shapes of these types make up; null when there is nothing. */
export function taskTypeOf(types: ReadonlySet<Annotation['type']>): TaskType | null {
  if (types.has('keypoints')) return 'keypoint_detection';
  if (types.has('polygon') || types.has('rle')) return 'instance_segmentation';
  if (types.has('obb')) return 'oriented_detection';
  if (types.has('bbox')) return 'object_detection';
  if (types.has('classification')) return 'image_classification';
  return types.has('caption') ? 'image_captioning' : null;
}
