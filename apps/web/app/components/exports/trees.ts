/** What comes out of each format, as a tree; the names of images are examples, and an ellipsis is what there is already. */
const TREES: Record<string, readonly string[]> = {
  original: ['granary.json', '…'],
  yolo: ['granary.json', 'data.yaml', 'train.txt', 'val.txt', 'images/train/0001.jpg', 'labels/train/0001.txt'],
  coco: ['granary.json', 'annotations/instances_train.json', 'train/0001.jpg'],
  dice: ['granary.json', 'annotations.json', 'train/0001.jpg'],
  pascal_voc: ['granary.json', 'Annotations/0001.xml', 'ImageSets/Main/train.txt', 'JPEGImages/0001.jpg'],
  imagefolder: ['granary.json', 'train/cat/0001.jpg', 'train/dog/0002.jpg'],
  hf_metadata: ['granary.json', 'train/metadata.jsonl', 'train/0001.jpg'],
  csv: ['granary.json', 'annotations.csv', 'train/0001.jpg'],
  masks: ['granary.json', 'masks/0001.png', 'train/0001.jpg'],
  labelme: ['granary.json', 'train/0001.json', 'train/0001.jpg'],
  dota: ['granary.json', 'train/images/0001.jpg', 'train/labelTxt/0001.txt'],
  kitti: ['granary.json', 'training/image_2/0001.jpg', 'training/label_2/0001.txt'],
  webdataset: ['granary.json', 'train-000000.tar', '  000000_0001.jpg', '  000000_0001.json'],
  parquet: ['granary.json', 'README.md', 'data/train-00000-of-00001.parquet'],
  cvat: ['granary.json', 'annotations.xml', 'train/0001.jpg'],
};
const OF_ROWS: Record<string, readonly string[]> = {
  original: TREES.original ?? [],
  jsonl: ['granary.json', 'train.jsonl', 'test.jsonl'],
  csv: ['granary.json', 'train.csv', 'test.csv'],
  parquet: ['granary.json', 'README.md', 'data/train-00000-of-00001.parquet'],
};

export const treeOf = (format: string, hasRows: boolean): readonly string[] =>
  (hasRows ? OF_ROWS : TREES)[format] ?? ['granary.json', 'annotations.json', 'train/0001.jpg'];
