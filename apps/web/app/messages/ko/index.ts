import { account } from './account';
import { actions } from './actions';
import { amounts } from './amounts';
import { dataset } from './dataset';
import { frame } from './frame';
import { duplicates, files, images } from './images';
import { imports, jobs } from './imports';
import { list } from './list';
import { names } from './names';
import { upload, wizard } from './upload';

export const ko = {
  frame,
  actions,
  amounts,
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
};
