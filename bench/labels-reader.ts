/** Reads the first so many label files of a folder, as Granary does or in a plain loop; says how long it took. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { analyse, listedSource } from '@granary/formats';
import { SaxesParser } from 'saxes';
import { imagePathOf, type LabelKind, labelFileOf } from './labels-made.ts';

const [folder = '', kind = '', count = '0', mode = ''] = process.argv.slice(2);
const IMAGES = Number(count);
const AT_ONCE = 64;
const isKind = (name: string): name is LabelKind => ['yolo', 'pascal_voc', 'coco'].includes(name);
if (!isKind(kind)) throw new Error(`${kind} is not made`);

const { size } = await stat(join(folder, labelFileOf(kind, 0).path));
const labels = Array.from({ length: IMAGES }, (_, i) => ({ path: labelFileOf(kind, i).path, sizeBytes: size }));
const start = performance.now();
const annotations = mode === 'plain' ? await plainly(kind) : await analysed();
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, annotations, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1000) }));

async function plainly(of: LabelKind): Promise<number> {
  let found = 0;
  for (let at = 0; at < labels.length; at += AT_ONCE) {
    const texts = await Promise.all(
      labels.slice(at, at + AT_ONCE).map(({ path }) => readFile(join(folder, path), 'utf8')),
    );
    for (const text of texts) {
      if (of === 'yolo')
        found += text.split('\n').filter((line) => line.split(' ').map(Number).every(Number.isFinite)).length;
      else if (of === 'coco') found += JSON.parse(text).annotations.length;
      else found += objectsIn(text);
    }
  }
  return found;
}

async function analysed(): Promise<number> {
  const images = Array.from({ length: IMAGES }, (_, i) => ({ path: imagePathOf(i), sizeBytes: 100_000 }));
  const source = listedSource([...images, ...labels], {
    open: (path, from) => bytesOf(path, from),
    imageOf: (path) => ({ path, width: 640, height: 480, problem: null }),
  });
  const batches = analyse(source);
  for (;;) {
    const step = await batches.next();
    if (step.done) return step.value.counts.annotations;
  }
}

async function* bytesOf(path: string, from: number): AsyncGenerator<Uint8Array> {
  yield (await readFile(join(folder, path))).subarray(from);
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
