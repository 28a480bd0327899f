import { describe, expect, test } from 'vitest';
import { MAKERS, make } from '../fixtures/made.ts';
import { readWild } from '../fixtures/read-wild.ts';
import { WILD } from '../fixtures/wild-table.ts';
import { type Analysis, analyse, type IssueCode, isImagePath, memorySource } from './index.ts';

/** Findings that are about a file as a whole, and those that are about one annotation each. */
const OF_FILES: readonly IssueCode[] = [
  'unused_file',
  'annotations_not_read',
  'unsupported_image',
  'label_unreadable',
  'label_not_text',
  'label_without_image',
  'annotation_file_unreadable',
  'config_unreadable',
];
const OF_ANNOTATIONS: readonly IssueCode[] = [
  'bad_label_line',
  'pixel_coordinates',
  'bad_annotation',
  'bad_box',
  'unsupported_annotation',
  'dangling_annotation',
  'dangling_category',
  'unplaced_annotation',
  'merged_annotation',
];

async function readWith(files: ReadonlyMap<string, Uint8Array>): Promise<{ analysis: Analysis; roles: Set<string> }> {
  const roles = new Set<string>();
  const batches = analyse(memorySource(files));
  for (;;) {
    const step = await batches.next();
    if (step.done) return { analysis: step.value, roles };
    for (const { path } of step.value.roles) roles.add(path);
  }
}

/** Every file is an image, a label that was read, or told of, and is told of once. */
function expectAllFiles(files: ReadonlyMap<string, Uint8Array>, { report }: Analysis, roles: ReadonlySet<string>) {
  const told = report.issues.filter(({ code }) => OF_FILES.includes(code)).flatMap(({ examples }) => examples);
  const unread = report.issues
    .filter(({ code }) => ['unused_file', 'annotations_not_read', 'unsupported_image'].includes(code))
    .flatMap(({ examples }) => examples.map(({ path }) => path));
  const known = new Set([...roles, ...told.map(({ path }) => path)]);
  expect([...files.keys()].filter((path) => !isImagePath(path) && !known.has(path))).toEqual([]);
  expect(unread.filter((path) => roles.has(path))).toEqual([]);
  expect(new Set(unread).size).toBe(unread.length);
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const matches = (pattern: RegExp) => (content: string) => [...content.matchAll(pattern)].length;
const members = (key: string) => (content: string) =>
  (JSON.parse(content) as Record<string, unknown[]>)[key]?.length ?? 0;
const rows = (content: string) => content.split('\n').filter((line) => /^[^\s].*\d/.test(line)).length;

/** How many annotations a format's files state, counted without our readers. */
const COUNTS: Record<string, [ending: RegExp, count: (content: string) => number]> = {
  coco: [/\.json$/, members('annotations')],
  pascal_voc: [/(\.xml|\/[^./]+)$/, matches(/<object>/g)],
  cvat: [/\.xml$/, matches(/<(box|polygon|polyline|points|tag) /g)],
  labelme: [/\.json$/, members('shapes')],
  yolo: [/(^|\/)(labels|obj_train_data|photos)\/(?!classes)[^/]+\.txt$/, matches(/^\s*\S.*$/gm)],
  csv: [
    /\.csv$/,
    (content) =>
      rows(
        content.replace(/^\ufeff?[a-z_]*(file|image|label)[^\n]*,[^\n]*\n/i, (head) => (/\d/.test(head) ? head : '')),
      ),
  ],
};

function expectAllAnnotations(files: ReadonlyMap<string, Uint8Array>, { counts, report }: Analysis, format: string) {
  const [ending, count] = COUNTS[format] ?? [/$^/, () => 0];
  const stated = [...files].reduce((sum, [path, bytes]) => sum + (ending.test(path) ? count(text(bytes)) : 0), 0);
  const told = report.issues.filter(({ code }) => OF_ANNOTATIONS.includes(code));
  expect(counts.annotations + told.reduce((sum, issue) => sum + issue.count, 0)).toBe(stated);
}

describe.each(WILD.map(({ name }) => name))('%s', (name) => {
  test('no file of it vanishes', async () => {
    const files = readWild(name);
    const { analysis, roles } = await readWith(files);
    expectAllFiles(files, analysis, roles);
  });
});

/** Cases whose annotations are stated by one format's files and nothing else. */
const COUNTED = WILD.filter(
  ({ format, pending }) => !pending && ['coco', 'pascal_voc', 'cvat', 'labelme', 'yolo'].includes(format),
);

test.each(COUNTED.map(({ name, format }) => [name, format]))('no annotation of %s vanishes', async (name, format) => {
  const files = readWild(name);
  expectAllAnnotations(files, (await readWith(files)).analysis, format);
});

const MADE = Object.keys(MAKERS).flatMap((maker) => {
  const format = Object.keys(COUNTS).find((known) => maker.split(/[ ,]/)[0] === known);
  return format && maker !== 'yolo beside images' ? [[maker, format] as const] : [];
});

test.each(MADE)('%s: annotations of images that are missing are counted', async (maker, format) => {
  const files = make(maker, 60);
  let number = 0;
  for (const path of files.keys()) if (isImagePath(path) && number++ % 3 === 0) files.delete(path);
  const { analysis, roles } = await readWith(files);
  expect(analysis.counts).toMatchObject({ images: 40, annotations: 40 });
  expectAllFiles(files, analysis, roles);
  expectAllAnnotations(files, analysis, format);
});

test('hostile lines and elements are counted, each once', async () => {
  const encode = (content: string) => new TextEncoder().encode(content);
  const [image] = make('yolo', 1).values();
  const pictures = new Map([['images/a.png', image ?? new Uint8Array()]]);
  const lines = [
    '0 0.5 0.5 0.1 0.1',
    'x 0.5 0.5 0.1 0.1',
    '4294967296 0.5 0.5 0.1 0.1',
    '0 0.5',
    '0 120 50 10 10',
    '-1 0 0 0 0',
    '0 NaN 0 0 0',
  ];
  const yolo = new Map([
    ...pictures,
    ['labels/a.txt', encode(lines.join('\n'))],
    ['labels/b.txt', encode('0 0.5 0.5 0.1 0.1\n')],
  ]);
  expectAllAnnotations(yolo, (await readWith(yolo)).analysis, 'yolo');
  const elements = [
    { id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 4] },
    { id: 2, image_id: 9, category_id: 1, bbox: [1, 2, 3, 4] },
    { id: 3, image_id: 1, category_id: 9, bbox: [1, 2, 3, 4] },
    { id: 4, image_id: 2, category_id: 1, bbox: [1, 2, 3, 4] },
    { id: 5, image_id: 1, category_id: 1, bbox: [1, 2, -3, 4] },
    { id: 6, image_id: 1, category_id: 1, segmentation: { size: [1, 1], counts: 'b"x"' } },
    null,
    'text',
  ];
  const images = [
    { id: 1, file_name: 'a.png' },
    { id: 2, file_name: 'gone.png' },
  ];
  const content = { info: {}, images, annotations: elements, categories: [{ id: 1, name: 'cat' }] };
  const coco = new Map([...pictures, ['instances.json', encode(JSON.stringify(content))]]);
  expectAllAnnotations(coco, (await readWith(coco)).analysis, 'coco');
});
