import { describe, expect, test } from 'vitest';
import { readWild, wildNames } from '../fixtures/read-wild.ts';
import { WILD } from '../fixtures/wild-table.ts';
import { codes, readAll } from '../test/read.ts';
import { type Annotation, isImagePath } from './index.ts';

/** The numbers of a shape as the table has them. */
function numbersOf({ type, geometry }: Annotation): number[] | null {
  if (type === 'obb') return geometry.corners;
  if (type === 'keypoints') return geometry.keypoints;
  return 'box' in geometry ? geometry.box : null;
}

test('every case has its facts', () => {
  expect(WILD.map(({ name }) => name).sort()).toEqual(wildNames().sort());
});

describe.each(WILD)('$name', ({ name, shapes = {}, ...facts }) => {
  test(facts.pending ? 'is of a format that is not read yet, and says so' : 'is read as it is meant', async () => {
    const read = await readAll(readWild(name));
    const { format, taskType, counts, classNames: classes, splits, report } = read;
    const { pending, ...expected } = facts;
    expect({
      format,
      taskType,
      images: counts.images,
      annotations: counts.annotations,
      classes,
      splits,
      findings: codes(report),
      lossless: report.lossless,
    }).toEqual(expected);
    for (const [path, stated] of Object.entries(shapes)) {
      const annotations = read.images.get(path)?.annotations ?? [];
      expect(annotations.map(({ classIndex }) => classes[classIndex ?? -1])).toEqual(
        stated.map(([className]) => className),
      );
      stated.forEach(([, numbers], i) => {
        const annotation = annotations[i];
        if (!numbers || !annotation) return;
        expect(numbersOf(annotation)).toEqual(numbers.map((value) => expect.closeTo(value, 6)));
      });
    }
    const hasOtherFiles = [...readWild(name).keys()].some((path) => !isImagePath(path));
    if (pending && hasOtherFiles) expect(report.issues.length).toBeGreaterThan(0);
  });
});
