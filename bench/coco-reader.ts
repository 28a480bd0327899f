/** Reads one COCO file as an import does, in a process of its own, and prints what it took as JSON. */
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { analyse, listedSource, ReportBuilder, readerOf, summarise } from '@granary/formats';
import { DIMENSIONS, imageName } from './coco-file.ts';

// As the worker does, see apps/worker/src/main.ts.
setFlagsFromString('--no-allocation-site-pretenuring');

const [path = '', count = '0', mode = 'read'] = process.argv.slice(2);
const file = { path: `annotations/${basename(path)}`, sizeBytes: statSync(path).size };
const images = Array.from({ length: Number(count) }, (_, i) => ({ path: `images/${imageName(i)}`, sizeBytes: 1 }));
const source = listedSource([file, ...images], {
  // In pieces as large as those of the store on disk.
  open: (_, start) => createReadStream(path, { start, highWaterMark: 256 * 1024 }),
  imageOf: (image) => ({ path: image, ...DIMENSIONS }),
});
const start = performance.now();
let annotations = 0;
if (mode === 'analyse') {
  const batches = analyse(source);
  for await (const { images: records } of batches)
    for (const record of records) annotations += record.annotations.length;
} else {
  const context = {
    source,
    listing: await summarise(source.files()),
    report: new ReportBuilder(),
    repairs: new Set<never>(),
    isAddition: false,
    isOverriding: () => false,
  };
  const reader = readerOf('coco');
  if (!reader) throw new Error('there is no reader for COCO');
  for await (const { images: records } of reader.read(context))
    for (const record of records) annotations += record.annotations.length;
}
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, annotations, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1000) }));
