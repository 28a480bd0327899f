import { bdd100k } from './bdd100k/index.ts';
import { cityscapes } from './cityscapes/index.ts';
import { classificationCsv } from './classification/read.ts';
import { classificationCsvWriter } from './classification/write.ts';
import { coco } from './coco/index.ts';
import { cocoWriter } from './coco/write.ts';
import { createml } from './createml/read.ts';
import { createmlWriter } from './createml/write.ts';
import { crowdHuman } from './crowdhuman/index.ts';
import { csv } from './csv/index.ts';
import { csvWriter } from './csv/write.ts';
import { cvat } from './cvat/index.ts';
import { cvatWriter } from './cvat/write.ts';
import { darwin } from './darwin/index.ts';
import { datumaro } from './datumaro/read.ts';
import { datumaroWriter } from './datumaro/write.ts';
import { dice } from './dice/index.ts';
import { diceWriter } from './dice/write.ts';
import { dota } from './dota/read.ts';
import { dotaWriter } from './dota/write.ts';
import type { Candidate, FormatReader, FormatWriter } from './format.ts';
import { hfMetadata } from './hfmetadata/read.ts';
import { hfMetadataWriter } from './hfmetadata/write.ts';
import { imageFolder } from './imagefolder/index.ts';
import { imageFolderWriter } from './imagefolder/write.ts';
import { plainImages } from './images/index.ts';
import { kitti } from './kitti/read.ts';
import { kittiWriter } from './kitti/write.ts';
import { labelbox } from './labelbox/index.ts';
import { labelme } from './labelme/index.ts';
import { labelmeWriter } from './labelme/write.ts';
import { labelStudio } from './labelstudio/index.ts';
import { labelStudioWriter } from './labelstudio/write.ts';
import type { Listing } from './listing.ts';
import { masks } from './masks/read.ts';
import { masksWriter } from './masks/write.ts';
import type { Format } from './model.ts';
import { mot } from './mot/index.ts';
import { mvtec } from './mvtec/index.ts';
import { oidv4 } from './oidv4/index.ts';
import { cocoPanoptic } from './panoptic/read.ts';
import { cocoPanopticWriter } from './panoptic/write.ts';
import { sagemaker } from './sagemaker/index.ts';
import type { DatasetSource } from './source.ts';
import { supervisely } from './supervisely/index.ts';
import { jsonl, parquet } from './tables/index.ts';
import { tfrecord } from './tfrecord/read.ts';
import { ultralyticsNdjson } from './ultralytics/index.ts';
import { via } from './via/read.ts';
import { viaWriter } from './via/write.ts';
import { visdrone } from './visdrone/index.ts';
import { pascalVoc } from './voc/index.ts';
import { pascalVocWriter } from './voc/write.ts';
import { vott } from './vott/index.ts';
import { webDataset } from './webdataset/index.ts';
import { widerFace } from './widerface/index.ts';
import { yolo } from './yolo/index.ts';
import { yoloWriter } from './yolo/write.ts';

/** All formats that can be read. A new one is a folder with a {@link FormatReader} and a line here. */
const READERS: readonly FormatReader[] = [
  coco,
  dice,
  yolo,
  pascalVoc,
  cvat,
  labelme,
  labelStudio,
  csv,
  mvtec,
  dota,
  kitti,
  datumaro,
  cocoPanoptic,
  createml,
  via,
  bdd100k,
  cityscapes,
  mot,
  sagemaker,
  supervisely,
  darwin,
  visdrone,
  ultralyticsNdjson,
  crowdHuman,
  labelbox,
  vott,
  widerFace,
  oidv4,
  webDataset,
  tfrecord,
  masks,
  hfMetadata,
  classificationCsv,
  imageFolder,
  plainImages,
  parquet,
  jsonl,
];

/** All formats that can be written. */
const WRITERS: readonly FormatWriter[] = [
  cocoWriter,
  diceWriter,
  yoloWriter,
  pascalVocWriter,
  csvWriter,
  imageFolderWriter,
  classificationCsvWriter,
  hfMetadataWriter,
  masksWriter,
  dotaWriter,
  kittiWriter,
  createmlWriter,
  viaWriter,
  datumaroWriter,
  cocoPanopticWriter,
  cvatWriter,
  labelmeWriter,
  labelStudioWriter,
];

export const READABLE_FORMATS: readonly Format[] = READERS.map((reader) => reader.format);

export const WRITABLE_FORMATS: readonly Format[] = WRITERS.map((writer) => writer.format);

export function writerOf(format: Format): FormatWriter | undefined {
  return WRITERS.find((writer) => writer.format === format);
}

export function readerOf(format: Format): FormatReader | undefined {
  return READERS.find((reader) => reader.format === format);
}

/** All formats, the most likely first; those with a confidence of 0 are ruled out. */
export async function detectFormats(source: DatasetSource, listing: Listing): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const { format, detect } of READERS) candidates.push({ format, ...(await detect(source, listing)) });
  return candidates.sort((a, b) => b.confidence - a.confidence);
}
