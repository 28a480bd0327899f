import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAKERS, make, PLAIN, type Spelling } from '../fixtures/made.ts';
import { codes, readAll } from '../fixtures/read.ts';

/** What is read of each image, by its number: the class and the shape. */
async function meaningOf(files: ReadonlyMap<string, Uint8Array>) {
  const { format, taskType, images, classNames, report } = await readAll(files);
  const said = [...images.values()].map(({ path, annotations, isLabeled }) => ({
    number: /(\d+)\.png$/.exec(path)?.[1] ?? '',
    isLabeled,
    shapes: annotations.map(({ classIndex, type, geometry }) => [
      classNames[classIndex ?? -1],
      type,
      JSON.stringify(geometry, (_, value) => (typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value)),
    ]),
  }));
  said.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return { format, taskType, classes: [...classNames].sort(), said, findings: codes(report) };
}

const spelling: fc.Arbitrary<Spelling> = fc.record({
  top: fc.constantFrom('', 'set/', '모음/a b/'),
  stem: fc.constantFrom('img_', 'IMG ', '사진-', 'a.b_'),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  hasMark: fc.boolean(),
  separator: fc.constantFrom('/', '\\'),
});

/** Masks take time to decode: the soak `readers` has more of them. */
const hasMasks = (maker: string) => maker === 'masks' || maker === 'coco_panoptic';

describe.each(Object.keys(MAKERS))('%s', (maker) => {
  test('is read in full at any number of files', { timeout: 60_000 }, async () => {
    for (const count of hasMasks(maker) ? [4, 60] : [4, 60, 520]) {
      const { format, said, findings } = await meaningOf(make(maker, count));
      expect(format).toBe(maker.split(/,| beside/)[0]);
      const isExtra = maker === 'mvtec' ? 2 : 0;
      expect(said).toHaveLength(count + isExtra);
      expect(said.filter(({ shapes }) => shapes.length === 1)).toHaveLength(count + isExtra);
      expect(findings).toEqual({});
    }
  });

  test('means the same by other names, in folders, in any order, and by other spellings', {
    timeout: 60_000,
  }, async () => {
    const plain = await meaningOf(make(maker, 6));
    await fc.assert(
      fc.asyncProperty(spelling, fc.boolean(), async (other, isReversed) => {
        const files = [...make(maker, 6, other)];
        expect(await meaningOf(new Map(isReversed ? files.reverse() : files))).toEqual(plain);
      }),
      { numRuns: hasMasks(maker) ? 8 : 25 },
    );
  });
});

test('five thousand label files are read, each', { timeout: 120_000 }, async () => {
  for (const maker of ['yolo', 'pascal_voc', 'coco, a file per image']) {
    const read = await readAll(make(maker, 5200, PLAIN));
    expect(read.counts).toMatchObject({ images: 5200, annotations: 5200 });
    // What more than 5,000 COCO files say beside their lists is not kept for the writer, and that is said.
    expect(codes(read.report)).toEqual(maker.startsWith('coco') ? { not_lossless: 200 } : {});
  }
});
