import type { Box } from '../model.ts';
import { isImagePath } from '../paths.ts';

/** Which column says what; -1 for what no column says. */
export interface Columns {
  hasHeader: boolean;
  name: number;
  /** -1 where all boxes are of one class that no column names. */
  className: number;
  split: number;
  imageWidth: number;
  imageHeight: number;
  /** Four columns of corners, or left, top, width and height, or one column with a list of the latter. */
  box: { kind: 'corners' | 'size'; at: [number, number, number, number] } | { kind: 'list'; at: number };
  /** Whether coordinates are shares of the image (0 to 1). */
  isRelative: boolean;
  /** Of a table without a header. */
  numColumns?: number;
}

const SPELLINGS = {
  name: [
    'filename',
    'file',
    'image',
    'imagepath',
    'imagename',
    'img',
    'path',
    'filepath',
    'imageid',
    'imgpath',
    'name',
  ],
  className: ['class', 'label', 'classname', 'labelname', 'category', 'categoryname', 'name', 'classid', 'categoryid'],
  split: ['split', 'set', 'subset'],
  left: ['xmin', 'x1', 'left', 'xtl', 'bboxx1', 'bboxxmin', 'minx', 'roix1'],
  top: ['ymin', 'y1', 'top', 'ytl', 'bboxy1', 'bboxymin', 'miny', 'roiy1'],
  right: ['xmax', 'x2', 'right', 'xbr', 'bboxx2', 'bboxxmax', 'maxx', 'roix2'],
  bottom: ['ymax', 'y2', 'bottom', 'ybr', 'bboxy2', 'bboxymax', 'maxy', 'roiy2'],
  x: ['x', 'bboxx', 'left', 'xmin'],
  y: ['y', 'bboxy', 'top', 'ymin'],
  width: ['w', 'width', 'bboxwidth', 'bboxw', 'boxwidth'],
  height: ['h', 'height', 'bboxheight', 'bboxh', 'boxheight'],
  imageWidth: ['imagewidth', 'imgwidth', 'width'],
  imageHeight: ['imageheight', 'imgheight', 'height'],
  list: ['bbox', 'box', 'boundingbox'],
} as const;

/** The meaning of a table's columns by their names, or, without names, by RetinaNet's order; null when it holds no boxes. */
export function columnsOf(rows: readonly (readonly string[])[]): Columns | null {
  const [first = []] = rows;
  const header = first.map((title) => title.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const columns = byHeader(header) ?? byOrder(rows);
  if (!columns) return null;
  const values = rows.slice(columns.hasHeader ? 1 : 0).flatMap((row) => boxOf(row, columns) ?? []);
  const isRelative =
    values.length > 0 && values.every((value) => value >= 0 && value <= 1) && values.some((value) => value % 1 !== 0);
  return { ...columns, isRelative };
}

function byHeader(header: readonly string[]): Columns | null {
  const find = (key: keyof typeof SPELLINGS, except: readonly number[] = []) =>
    header.findIndex((title, i) => (SPELLINGS[key] as readonly string[]).includes(title) && !except.includes(i));
  const name = firstBySpelling(header, SPELLINGS.name);
  const className = firstBySpelling(header, SPELLINGS.className, [name]);
  if (name < 0) return null;
  const base = { hasHeader: true, name, className, split: find('split'), isRelative: false };
  const corners = [find('left'), find('top'), find('right'), find('bottom')] as const;
  if (corners.every((at) => at >= 0)) {
    const dimensions = { imageWidth: find('imageWidth'), imageHeight: find('imageHeight') };
    return { ...base, ...dimensions, box: { kind: 'corners', at: [...corners] } };
  }
  const size = [find('x'), find('y'), find('width'), find('height')] as const;
  if (size.every((at) => at >= 0)) {
    const dimensions = { imageWidth: find('imageWidth', size), imageHeight: find('imageHeight', size) };
    return { ...base, ...dimensions, box: { kind: 'size', at: [...size] } };
  }
  const list = find('list');
  return list < 0
    ? null
    : { ...base, imageWidth: find('imageWidth'), imageHeight: find('imageHeight'), box: { kind: 'list', at: list } };
}

function firstBySpelling(
  header: readonly string[],
  spellings: readonly string[],
  except: readonly number[] = [],
): number {
  for (const spelling of spellings) {
    const at = header.findIndex((title, i) => title === spelling && !except.includes(i));
    if (at >= 0) return at;
  }
  return -1;
}

/** Tables without a header, by the tools that write them; the numbers are places of columns. */
const ORDERS: readonly {
  length: number;
  name: number;
  className: number;
  box: Columns['box'];
  size: [number, number];
  split?: number;
}[] = [
  // https://github.com/fizyr/keras-retinanet#csv-datasets
  { length: 6, name: 0, className: 5, box: { kind: 'corners', at: [1, 2, 3, 4] }, size: [-1, -1] },
  // https://github.com/SkalskiP/make-sense
  { length: 8, name: 5, className: 0, box: { kind: 'size', at: [1, 2, 3, 4] }, size: [6, 7] },
  { length: 6, name: 5, className: 0, box: { kind: 'size', at: [1, 2, 3, 4] }, size: [-1, -1] },
  // https://cloud.google.com/vision/automl/object-detection/docs/csv-format: four corners, of which two say all
  { length: 11, name: 1, className: 2, box: { kind: 'corners', at: [3, 4, 7, 8] }, size: [-1, -1], split: 0 },
  { length: 10, name: 0, className: 1, box: { kind: 'corners', at: [2, 3, 6, 7] }, size: [-1, -1] },
];

function byOrder(rows: readonly (readonly string[])[]): Columns | null {
  const isNumber = (text: string | undefined) => text === '' || Number.isFinite(Number(text));
  if (rows.length === 0) return null;
  const order = ORDERS.find(({ length, name, box }) =>
    rows.every(
      (row) =>
        row.length === length && isImagePath(row[name] ?? '') && [box.at].flat().every((at) => isNumber(row[at])),
    ),
  );
  if (!order) return null;
  const { length, name, className, box, size, split = -1 } = order;
  const [imageWidth, imageHeight] = size;
  return {
    hasHeader: false,
    numColumns: length,
    name,
    className,
    split,
    imageWidth,
    imageHeight,
    isRelative: false,
    box,
  };
}

/** What a row says where its box belongs, for a message. */
export function textOfBox(row: readonly string[], { box }: Columns): string {
  return [box.at]
    .flat()
    .map((at) => row[at] || '(nothing)')
    .join(', ');
}

/** The four numbers of a row as they stand; NaN for what is none, null for a row that states no box. */
export function boxOf(row: readonly string[], { box }: Columns): Box | null {
  const texts =
    box.kind === 'list'
      ? (row[box.at] ?? '').replace(/[[\]()"']/g, '').split(/[\s,;]+/)
      : box.at.map((at) => row[at] ?? '');
  if (texts.every((text) => text.trim() === '')) return null;
  const [a, b, c, d] = texts.map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  return [a ?? Number.NaN, b ?? Number.NaN, c ?? Number.NaN, d ?? Number.NaN];
}
