/**
 * Every reader at 51, 501 and 5,001 images, plain and with other names, in a folder, the other way round, with CRLF, byte
 * order marks and backslashes: each image and each annotation is there, nothing is found wrong, and memory stays bounded.
 *
 * npm run soak readers [images]
 */
import { analyse, memorySource } from '@granary/formats';
import { MAKERS, make, PLAIN, type Spelling } from '../packages/formats/fixtures/made.ts';

const MOST = Number(process.argv[3] ?? 5001);
const COUNTS = [51, 501, MOST].filter((count, i, all) => count <= MOST && all.indexOf(count) === i);
const OTHER: Spelling = { top: '모음/a b/', stem: '사진 ', lineEnd: '\r\n', hasMark: true, separator: '\\' };
/** Beyond 5,000 files of COCO or CSV, what they say beside their lists is not kept for the writer, and that is told. */
const TOLD: Record<string, string[]> = {
  'coco, a file per image': ['not_lossless'],
  'csv, a file per image': ['not_lossless'],
};

let wrong = 0;
for (const maker of Object.keys(MAKERS)) {
  const start = performance.now();
  for (const count of COUNTS) {
    // Of an anomaly dataset two images more are made.
    const expected = count + (maker === 'mvtec' ? 2 : 0);
    const plain = make(maker, count, PLAIN);
    const others = new Map([...make(maker, count, OTHER)].reverse());
    for (const [how, files] of Object.entries({ plain, others })) {
      const { format, images, annotations, findings } = await read(files);
      const unexpected = findings.filter((code) => !TOLD[maker]?.includes(code));
      const isRight =
        format === maker.split(/,| beside/)[0] &&
        images === expected &&
        annotations === expected &&
        unexpected.length === 0;
      if (isRight) continue;
      wrong++;
      console.log(JSON.stringify({ maker, how, count, format, images, annotations, findings }));
    }
  }
  const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
  console.log(`${maker}: ${COUNTS.join(', ')} images in ${seconds} s`);
}
const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1000);
console.log(JSON.stringify({ name: 'readers', readers: Object.keys(MAKERS).length, counts: COUNTS, wrong, peakRssMb }));
if (wrong > 0) process.exitCode = 1;

async function read(files: ReadonlyMap<string, Uint8Array>) {
  const seen = new Set<string>();
  const batches = analyse(memorySource(files));
  for (;;) {
    const step = await batches.next();
    if (step.done) {
      const { format, counts, report } = step.value;
      return {
        format,
        images: seen.size,
        annotations: counts.annotations,
        findings: report.issues.map(({ code }) => code),
      };
    }
    for (const { path } of step.value.images) seen.add(path);
  }
}
