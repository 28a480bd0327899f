import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../fixtures/read.ts';
import { analyse, listedSource, type Report } from './index.ts';

const image = pngBytes(100, 80);
const coco = (annotations: string, rest = '') =>
  `{"info":{},"images":[{"id":1,"file_name":"a.png","width":100,"height":80}],"categories":[{"id":1,"name":"cat"}],"annotations":[${annotations}]${rest}}`;
const good = '{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,5,5]}';
const label = (inner: string) => `<annotation><filename>a.png</filename>${inner}</annotation>`;

/** Reads a file that is made while it is read, beside one image; answers the report and by how much the heap grew. */
async function readMade(path: string, pieces: () => Iterable<string>, sizeBytes: number) {
  const encoder = new TextEncoder();
  const source = listedSource(
    [
      { path, sizeBytes },
      { path: 'a.png', sizeBytes: image.length },
    ],
    {
      open: (name) =>
        (async function* (): AsyncGenerator<Uint8Array> {
          if (name === 'a.png') yield image;
          else for (const piece of pieces()) yield encoder.encode(piece);
        })(),
      imageOf: (name) => ({ path: name, width: 100, height: 80 }),
    },
  );
  const before = process.memoryUsage().rss;
  let peak = before;
  const steps = analyse(source);
  let numAnnotations = 0;
  for (;;) {
    const step = await steps.next();
    peak = Math.max(peak, process.memoryUsage().rss);
    if (step.done) return { report: step.value.report as Report, numAnnotations, grownBytes: peak - before };
    for (const record of step.value.images) numAnnotations += record.annotations.length;
  }
}

describe('hostile annotation files end in a finding', () => {
  test.each([
    ['truncated JSON', coco(`${good},{"id":2,"image_id":1}`).slice(0, -10), { annotation_file_unreadable: 1 }],
    ['no JSON at all behind a good start', `${coco(good)}garbage`, { annotation_file_unreadable: 1 }],
    [
      'wrong types',
      coco(`${good},5,null,[],"x",{"id":2,"image_id":{},"category_id":[],"bbox":"x"}`),
      { bad_annotation: 4, dangling_annotation: 1 },
    ],
    [
      'wrong shapes',
      coco(
        `${good},{"id":2,"image_id":1,"category_id":1,"bbox":[1,2,{},4]},{"id":3,"image_id":1,"category_id":1,"segmentation":[[1,"2"]]},{"id":4,"image_id":1,"category_id":1,"bbox":[1,2,-3,4]}`,
      ),
      { bad_box: 3 },
    ],
    [
      '5,000-deep nesting',
      coco(
        `${good},{"id":2,"image_id":1,"category_id":1,"bbox":[1,1,6,5],"deep":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      ),
      { bad_annotation: 1 },
    ],
    [
      'nesting that never ends',
      `${coco(good).slice(0, -2)},{"deep":${'['.repeat(200_000)}`,
      { annotation_file_unreadable: 1 },
    ],
  ])('%s', async (_, text, expected) => {
    const read = await readAll({ 'a.png': image, 'annotations.json': text }, { formatHint: 'coco' });
    expect(codes(read.report)).toMatchObject(expected);
    expect(read.counts.annotations).toBe(1);
  });

  test('a string of 100 MB is passed over in bounded memory', { timeout: 60_000 }, async () => {
    const piece = 'x'.repeat(1024 * 1024);
    function* pieces() {
      yield `{"info":{},"images":[{"id":1,"file_name":"a.png"}],"categories":[{"id":1,"name":"cat"}],"annotations":[${good},{"id":2,"caption":"`;
      for (let i = 0; i < 100; i++) yield piece;
      yield `"},{"id":3,"image_id":1,"category_id":1,"bbox":[1,1,7,5]}],"note":"`;
      for (let i = 0; i < 100; i++) yield piece;
      yield '"}';
    }
    const { report, numAnnotations, grownBytes } = await readMade('annotations.json', pieces, 200 * 1024 * 1024);
    expect(codes(report)).toMatchObject({ bad_annotation: 1 });
    expect(numAnnotations).toBe(2);
    expect(grownBytes).toBeLessThan(400 * 1024 * 1024);
  });

  test('a label line of a million columns', async () => {
    const read = await readAll({
      'images/a.png': image,
      'labels/a.txt': `0 0.5 0.5 0.1 0.1\n0${' 0.5'.repeat(1_000_000)}\n0 0.5 0.5 0.2 0.2`,
    });
    expect(codes(read.report)).toMatchObject({ bad_label_line: 1 });
    expect(read.counts.annotations).toBe(2);
  });

  test('a table row of a million columns, and a quote that never ends', async () => {
    const head = 'filename,class,xmin,ymin,xmax,ymax\na.png,cat,1,2,3,4\n';
    const wide = await readAll({ 'a.png': image, 'b.csv': `${head}a.png,cat,1,2,3,5${',9'.repeat(1_000_000)}\n` });
    expect(wide.counts.annotations).toBe(2);
    const open = await readAll({ 'a.png': image, 'b.csv': `${head}"${'a.png,cat,1,2,3,4\n'.repeat(200_000)}` });
    expect(open.counts.annotations).toBe(1);
  });

  test.each([
    [
      'entity expansion',
      `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${label('<object><name>&b;</name></object>')}`,
    ],
    [
      'an external entity',
      `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${label('<object><name>&x;</name></object>')}`,
    ],
    ['an external document type', `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">${label('')}`],
    ['an entity that is not declared', label('<object><name>&x;</name></object>')],
    ['nesting', label('<a>'.repeat(5000))],
    ['an unfinished document', label('').slice(0, 20)],
  ])('XML with %s', async (_, text) => {
    const read = await readAll({
      'a.png': image,
      'a.xml': text,
      'b.png': image,
      'b.xml': label(
        '<object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>',
      ),
    });
    expect(codes(read.report)).toMatchObject({ label_unreadable: 1 });
    expect(read.classNames).toEqual(['cat']);
  });

  test.each([
    [
      'aliases that expand',
      `a: &a [${'x,'.repeat(100)}]\nb: &b [${'*a,'.repeat(100)}]\nc: &c [${'*b,'.repeat(100)}]\nnames: [${'*c,'.repeat(100)}]`,
    ],
    ['tags of code', 'names: !!js/function "function(){ throw 1 }"'],
    ['a Python object', 'names: !!python/object/apply:os.system ["touch /tmp/owned"]'],
    ['a binary tag and a prototype', '__proto__: {names: [x]}\nnames: !!binary aGVsbG8='],
    ['nesting', `names: ${'['.repeat(5000)}${']'.repeat(5000)}`],
  ])('YAML with %s', async (_, yaml) => {
    const read = await readAll({ 'data.yaml': yaml, 'images/a.png': image, 'labels/a.txt': '0 0.5 0.5 0.1 0.1' });
    expect(read.counts.annotations).toBe(1);
    expect(read.classNames).toEqual(['class_0']);
    expect(({} as { names?: unknown }).names).toBeUndefined();
  });
});
