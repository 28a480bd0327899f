import { account, me } from './account';
import { actions } from './actions';
import { admin, audit, integrity } from './admin';
import { amounts } from './amounts';
import { annotate } from './annotate';
import { dataset } from './dataset';
import { backups, deletion, receipt, trash } from './deletion';
import { exportPage } from './exports';
import { frame } from './frame';
import { history } from './history';
import { duplicates, files, images } from './images';
import { imports, jobs } from './imports';
import { list } from './list';
import { names } from './names';
import { organizations } from './organizations';
import { pick } from './pick';
import { keys, sharing } from './sharing';
import { columns, hub, rows, tokens } from './text';
import { csv, upload, wizard } from './upload';

export const ko = {
  frame,
  actions,
  amounts,
  annotate,
  names,
  account,
  me,
  list,
  dataset,
  exportPage,
  upload,
  csv,
  wizard,
  images,
  duplicates,
  files,
  imports,
  history,
  jobs,
  deletion,
  trash,
  backups,
  receipt,
  audit,
  integrity,
  admin,
  sharing,
  keys,
  organizations,
  pick,
  hub,
  rows,
  columns,
  tokens,
};
