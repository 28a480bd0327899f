/**
 * Datasets of a label file per image: YOLO, Pascal VOC, and COCO with a JSON for each.
 *
 * Ratio: images per second of detecting and reading with all checks, over those of a plain loop that reads the same files
 * and parses them (numbers of lines, `JSON.parse`, the XML parser), each in a process of its own. Beside it: the time per
 * image with all of them over that with a tenth, which is 1 where time is linear, and by how much memory grows between. The
 * processes get a small heap, so that garbage which nothing forces V8 to collect is not taken for growth.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelFileOf } from './labels-made.ts';
import { median, report } from './report.ts';

const IMAGES = Math.round(100_000 * Number(process.argv[3] ?? 1));
const ROUNDS = 3;
const KINDS = ['yolo', 'pascal_voc', 'coco'] as const;

for (const kind of KINDS) {
  const folder = mkdtempSync(join(tmpdir(), 'granary-bench-'));
  try {
    mkdirSync(join(folder, 'labels'));
    for (let i = 0; i < IMAGES; i++) {
      const { path, text } = labelFileOf(kind, i);
      writeFileSync(join(folder, path), text);
    }
    const rounds = Array.from({ length: ROUNDS }, () => ({
      plain: inProcess(folder, kind, IMAGES, 'plain'),
      few: inProcess(folder, kind, IMAGES / 10, 'read'),
      all: inProcess(folder, kind, IMAGES, 'read'),
    }));
    const middle = (of: (round: (typeof rounds)[number]) => number) => Number(median(rounds.map(of)).toFixed(3));
    report({
      name: `labels ${kind}`,
      ratio: middle(({ plain, all }) => plain.seconds / all.seconds),
      compared:
        'images per second of detecting, reading and checking over those of reading and parsing in a plain loop',
      goal: 'goal at least 0.5, higher is better',
      images: IMAGES,
      imagesPerSecond: Math.round(middle(({ all }) => IMAGES / all.seconds)),
      timePerImageOverThatOfATenth: middle(({ few, all }) => all.seconds / few.seconds / 10),
      peakRssMb: middle(({ all }) => all.peakRssMb),
      peakRssMbOfATenth: middle(({ few }) => few.peakRssMb),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inProcess(
  folder: string,
  kind: string,
  images: number,
  mode: 'plain' | 'read',
): { seconds: number; annotations: number; peakRssMb: number } {
  const program = new URL('./labels-reader.ts', import.meta.url).pathname;
  const limits = ['--max-old-space-size=96', '--max-semi-space-size=2'];
  const output = execFileSync(process.execPath, [...limits, program, folder, kind, String(images), mode], {
    encoding: 'utf8',
  });
  const answer = JSON.parse(output);
  if (answer.annotations !== images * 2) throw new Error(`${answer.annotations} annotations of ${images} images`);
  return answer;
}
