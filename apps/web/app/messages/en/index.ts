import { account, common, names } from './common';
import { dataset } from './dataset';
import { duplicates, files, images } from './images';
import { imports, jobs } from './imports';
import { list } from './list';
import { upload, wizard } from './upload';

/** English, and the shape of every other language. */
export const en = {
  common,
  names,
  account,
  list,
  dataset,
  upload,
  wizard,
  images,
  duplicates,
  files,
  imports,
  jobs,
} as const;
