import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** Numbers that are the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WIDTH = 640;
const HEIGHT = 480;

export const imageName = (index: number): string => `${String(index + 1).padStart(12, '0')}.jpg`;

/**
 * Writes a file of the shape of COCO's instances_train2017.json (118,000 images, 860,000 annotations with polygons are
 * some 450 MB), or as many annotations as fit into `maxBytes`.
 *
 * @returns its size in bytes
 */
export async function writeCocoFile(
  path: string,
  { images, annotations, maxBytes = Infinity }: { images: number; annotations: number; maxBytes?: number },
): Promise<number> {
  const out = createWriteStream(path);
  const random = randomNumbers(7);
  const round = (value: number) => Math.round(value * 100) / 100;
  let bytes = 0;
  let text = '';
  const write = async (more: string, isLast = false) => {
    text += more;
    if (text.length < 1 << 20 && !isLast) return;
    bytes += text.length;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  };
  await write('{"info":{"description":"made by bench/coco.ts"},"licenses":[],"images":[');
  for (let i = 0; i < images; i++) {
    const image = {
      license: 3,
      file_name: imageName(i),
      coco_url: `http://images.example.org/train2017/${imageName(i)}`,
      height: HEIGHT,
      width: WIDTH,
      date_captured: '2013-11-14 11:18:45',
      id: i + 1,
    };
    await write((i > 0 ? ',' : '') + JSON.stringify(image));
  }
  await write('],"annotations":[');
  for (let i = 0; i < annotations && bytes + text.length < maxBytes; i++) {
    const [x, y] = [round(random() * WIDTH * 0.7), round(random() * HEIGHT * 0.7)];
    const [width, height] = [round(random() * WIDTH * 0.3), round(random() * HEIGHT * 0.3)];
    const numPoints = 8 + Math.floor(random() * random() * 70);
    const ring: number[] = [];
    for (let p = 0; p < numPoints; p++) {
      const angle = (2 * Math.PI * p) / numPoints;
      ring.push(round(x + (width * (1 + Math.cos(angle))) / 2), round(y + (height * (1 + Math.sin(angle))) / 2));
    }
    const annotation = {
      segmentation: [ring],
      area: round(width * height * 0.7),
      iscrowd: 0,
      image_id: 1 + (i % images),
      bbox: [x, y, width, height],
      category_id: 1 + (i % 90),
      id: i + 1,
    };
    await write((i > 0 ? ',' : '') + JSON.stringify(annotation));
  }
  const categories = Array.from({ length: 90 }, (_, i) => ({
    supercategory: 'thing',
    id: i + 1,
    name: `class ${i + 1}`,
  }));
  await write(`],"categories":${JSON.stringify(categories)}}`, true);
  out.end();
  await once(out, 'finish');
  return bytes;
}

export const DIMENSIONS = { width: WIDTH, height: HEIGHT };
