import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasWild, wild } from '../../../tests/support/fixtures.ts';
import { readFolder } from '../../../tests/support/folder.ts';
import { codes, readAll } from '../fixtures/read.ts';
import { readWild, wildNames } from '../fixtures/read-wild.ts';
import { WILD, type WildCase } from '../fixtures/wild-table.ts';
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

async function expectFacts(files: ReadonlyMap<string, Uint8Array>, facts: WildCase): Promise<void> {
  const { name: _, shapes = {}, repairs = {}, pending, ...expected } = facts;
  const { format, taskType, counts, classNames: classes, splits, report, images } = await readAll(files);
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
  const safe = report.repairs.filter((repair) => repair.safe).map(({ code, affects }) => [code, affects]);
  expect(Object.fromEntries(safe)).toEqual(repairs);
  for (const [path, stated] of Object.entries(shapes)) {
    const annotations = images.get(path)?.annotations ?? [];
    expect(annotations.map(({ classIndex }) => classes[classIndex ?? -1])).toEqual(
      stated.map(([className]) => className),
    );
    stated.forEach(([, numbers], i) => {
      const annotation = annotations[i];
      if (!numbers || !annotation) return;
      expect(numbersOf(annotation)).toEqual(numbers.map((value) => expect.closeTo(value, 6)));
    });
  }
  const hasOtherFiles = [...files.keys()].some((path) => !isImagePath(path));
  if (pending && hasOtherFiles) expect(report.issues.length).toBeGreaterThan(0);
}

describe.each(WILD)('$name', (facts) => {
  test(facts.pending ? 'is of a format that is not read yet, and says so' : 'is read as it is meant', () =>
    expectFacts(readWild(facts.name), facts),
  );

  test.skipIf(!hasWild)('is the same as it was brought', () => {
    const files = [...readFolder(wild(`${facts.name}/data`))];
    return expectFacts(new Map(files.map(([path, bytes]) => [path.normalize('NFC'), new Uint8Array(bytes)])), facts);
  });
});

test.skipIf(!hasWild)('every case that was brought is among them', () => {
  expect(readdirSync(wild('')).sort()).toEqual(wildNames().sort());
});
