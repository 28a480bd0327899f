import { expect, test } from 'vitest';
import { codes, pngBytes } from '../fixtures/read.ts';
import { analyse, memorySource, type Override } from './index.ts';

const image = pngBytes(200, 100);
const coco = (boxes: Record<string, number[]>) =>
  JSON.stringify({
    info: {},
    images: Object.keys(boxes).map((name, id) => ({ id, file_name: name })),
    annotations: Object.values(boxes).map((bbox, id) => ({ id, image_id: id, category_id: 1, bbox })),
    categories: [{ id: 1, name: 'cat' }],
  });

async function boxesWith(overrides: Override[]) {
  const files = {
    'a.png': image,
    'b.png': image,
    'old.json': new TextEncoder().encode(coco({ 'a.png': [1, 1, 5, 5], 'b.png': [2, 2, 5, 5] })),
    // The first is the same as in the old file; it must not be taken for a repetition of what no longer counts.
    'new.json': new TextEncoder().encode(coco({ 'a.png': [1, 1, 5, 5] })),
  };
  const boxes: Record<string, number> = {};
  const batches = analyse(memorySource(new Map(Object.entries(files))), { overrides });
  for (;;) {
    const step = await batches.next();
    if (step.done) return { boxes, codes: codes(step.value.report) };
    for (const { annotations, origin } of step.value.images)
      for (const _ of annotations) boxes[origin?.path ?? ''] = (boxes[origin?.path ?? ''] ?? 0) + 1;
  }
}

test('labels that came to replace others do so for their images alone', async () => {
  expect(await boxesWith([])).toEqual({ boxes: { 'new.json': 1, 'old.json': 1 }, codes: { merged_annotation: 1 } });
  const replaced = await boxesWith([{ files: ['new.json'], over: ['old.json'] }]);
  expect(replaced.boxes).toEqual({ 'new.json': 1, 'old.json': 1 });
  expect(replaced.codes).not.toHaveProperty('merged_annotation');
  expect((await boxesWith([{ files: ['old.json'], over: ['new.json'] }])).boxes).toEqual({ 'old.json': 2 });
});
