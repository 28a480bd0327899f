import { createHash } from 'node:crypto';
import { ZipArchive } from 'archiver';
import sharp, { type Sharp } from 'sharp';

export type Files = ReadonlyMap<string, Uint8Array>;

export async function zipOf(files: Files, options: { store?: boolean } = {}): Promise<Buffer<ArrayBuffer>> {
  const archive = new ZipArchive({ store: options.store ?? false });
  for (const [name, bytes] of files) archive.append(Buffer.from(bytes), { name });
  void archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What `sha256sum` prints of the files in the byte order of their paths, hashed: see docs/architecture.md. */
export function contentHashOf(files: Files): string {
  const lines = [...files]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([path, bytes]) => `${sha256(bytes)}  ${path}\n`);
  return sha256(Buffer.from(lines.join('')));
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A small picture of one colour. */
export async function png(width = 64, height = 48, shade = 120): Promise<Buffer<ArrayBuffer>> {
  const buffer = await sharp({
    create: { width, height, channels: 3, background: { r: shade, g: 90, b: 200 - shade / 2 } },
  })
    .png()
    .toBuffer();
  return Buffer.from(buffer);
}

/** A picture of soft shapes, as photographs are; another number is another picture. */
export async function softPicture(seed: number): Promise<Sharp> {
  let state = seed * 2654435761 + 1;
  const random = () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * 256);
  };
  const small = Buffer.from(Array.from({ length: 6 * 6 * 3 }, random));
  const pixels = await sharp(small, { raw: { width: 6, height: 6, channels: 3 } })
    .resize(240, 180, { kernel: 'cubic', fit: 'fill' })
    .png()
    .toBuffer();
  return sharp(pixels);
}

/** A YOLO dataset of `count` images, two boxes each, three classes, train and val. */
export async function yoloDataset(count: number): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>([
    ['data.yaml', Buffer.from('path: .\ntrain: images/train\nval: images/val\nnames: [ant, bee, cat]\n')],
  ]);
  const shades = await Promise.all([40, 90, 140, 190].map((shade) => png(64, 48, shade)));
  for (let i = 0; i < count; i++) {
    const split = i % 4 === 3 ? 'val' : 'train';
    const name = String(i).padStart(6, '0');
    // Bytes behind the end of a PNG are ignored by decoders: every picture is a file of its own.
    files.set(`images/${split}/${name}.png`, Buffer.concat([shades[i % 4] ?? Buffer.alloc(0), Buffer.from(name)]));
    files.set(
      `labels/${split}/${name}.txt`,
      Buffer.from(`${i % 3} 0.5 0.5 0.25 0.5\n${(i + 1) % 3} 0.25 0.25 0.125 0.125\n`),
    );
  }
  return files;
}

/** A picture of 30 to 80 KB that differs from all others, without encoding each: a comment segment makes it unique. */
export async function uniqueJpegs(count: number): Promise<Map<string, Uint8Array>> {
  const bases = await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const side = 205 + i * 6;
      const noise = await sharp({
        create: {
          width: side,
          height: side,
          channels: 3,
          background: 'gray',
          noise: { type: 'gaussian', mean: 128, sigma: 60 },
        },
      })
        .jpeg({ quality: 88 })
        .toBuffer();
      return noise;
    }),
  );
  const files = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const base = bases[i % bases.length] ?? Buffer.alloc(0);
    const comment = Buffer.from(`picture ${String(i).padStart(10, '0')}`);
    const segment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, comment.length + 2]), comment]);
    files.set(
      `images/${String(i).padStart(6, '0')}.jpg`,
      Buffer.concat([base.subarray(0, 2), segment, base.subarray(2)]),
    );
  }
  return files;
}

/** Five pictures in two folders, and annotations whose images are called '1' to '5'. */
export async function numberedDataset(): Promise<Map<string, Uint8Array>> {
  const names = [
    'bottle/broken/002.png',
    'bottle/broken/010.png',
    'bottle/good/001.png',
    'cable/bent/3.png',
    'cable/bent/20.png',
  ];
  const files = new Map<string, Uint8Array>();
  for (const [i, name] of names.entries()) files.set(`images/${name}`, await png(40 + i, 30));
  const json = {
    images: names.map((_, i) => ({ id: i + 1, file_name: String(i + 1), width: 40 + i, height: 30 })),
    annotations: names.map((_, i) => ({
      id: i + 1,
      image_id: i + 1,
      category_id: 1,
      bbox: [i, 1, 5, 5],
      area: 25,
      iscrowd: 0,
    })),
    categories: [{ id: 1, name: 'defect' }],
  };
  files.set('annotations.json', Buffer.from(JSON.stringify(json)));
  return files;
}
