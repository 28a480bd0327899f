/** Reads the first so many label files of a folder, as Granary does or in a plain loop; says how long it took. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { analyse } from '@granary/formats';
import { SaxesParser } from 'saxes';
import { type LabelKind, labelPathOf } from './labels-made.ts';
import { pagedSource } from './labels-source.ts';

const [folder = '', kind = '', count = '0', mode = ''] = process.argv.slice(2);
const IMAGES = Number(count);
const AT_ONCE = 64;
const isKind = (name: string): name is LabelKind => ['yolo', 'pascal_voc', 'coco'].includes(name);
if (!isKind(kind)) throw new Error(`${kind} is not made`);

const { size } = await stat(join(folder, labelPathOf(kind, 0)));
const start = performance.now();
const annotations = mode === 'plain' ? await plainly(kind) : await analysed(kind);
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, annotations, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1000) }));

async function plainly(of: LabelKind): Promise<number> {
  let found = 0;
  for (let at = 0; at < IMAGES; at += AT_ONCE) {
    const paths = Array.from({ length: Math.min(AT_ONCE, IMAGES - at) }, (_, j) => labelPathOf(of, at + j));
    const texts = await Promise.all(paths.map((path) => readFile(join(folder, path), 'utf8')));
    for (const text of texts) {
      if (of === 'yolo')
        found += text.split('\n').filter((line) => line.split(' ').map(Number).every(Number.isFinite)).length;
      else if (of === 'coco') found += JSON.parse(text).annotations.length;
      else found += objectsIn(text);
    }
  }
  return found;
}

async function analysed(of: LabelKind): Promise<number> {
  const batches = analyse(pagedSource(folder, of, IMAGES, size));
  for (;;) {
    const step = await batches.next();
    if (step.done) return step.value.counts.annotations;
  }
}

function objectsIn(text: string): number {
  let count = 0;
  const parser = new SaxesParser();
  parser.on('opentag', ({ name }) => {
    if (name === 'object') count++;
  });
  parser.write(text).close();
  return count;
}
