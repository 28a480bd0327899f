import { expect, test } from 'vitest';
import { codes, pngBytes } from '../fixtures/read.ts';
import { joiningOf, memorySource, type OwnImage } from './index.ts';

const own = (path: string, isLabeled = false): OwnImage => ({ path, width: 200, height: 100, isLabeled });
const join = (files: Record<string, string | Uint8Array>, images: OwnImage[]) =>
  joiningOf(
    memorySource(
      new Map(
        Object.entries(files).map(([path, content]) => [
          path,
          typeof content === 'string' ? new TextEncoder().encode(content) : content,
        ]),
      ),
    ),
    images,
  );

test('labels are placed on the images that the dataset has', async () => {
  const found = await join(
    {
      'labels/a.txt': '0 0.5 0.5 0.1 0.1\n',
      'labels/b.txt': '0 0.5 0.5 0.1 0.1\n',
      'labels/z.txt': '0 0.5 0.5 0.1 0.1\n',
    },
    [own('photos/a.jpg'), own('photos/b.jpg', true), own('photos/c.jpg', true)],
  );
  expect(found).toMatchObject({ format: 'yolo', counts: { files: 3, images: 0, annotations: 2 }, splits: {} });
  expect(found.joined).toEqual({ images: 2, labeled: 1, others: 1 });
  expect(codes(found)).toEqual({ label_without_image: 1, unplaced_annotation: 1 });
});

test('a COCO file, too; and images that come with it are counted', async () => {
  const images = ['a', 'n'].map((name, id) => ({ id, file_name: `${name}.png`, width: 200, height: 100 }));
  const annotations = images.map(({ id }) => ({ id, image_id: id, category_id: 1, bbox: [1, 2, 3, 4] }));
  const coco = JSON.stringify({ info: {}, images, annotations, categories: [{ id: 1, name: 'cat' }] });
  const found = await join({ 'instances.json': coco, 'train/n.png': pngBytes(200, 100) }, [own('deep/in/a.png')]);
  expect(found).toMatchObject({
    format: 'coco',
    counts: { files: 2, images: 1, annotations: 2 },
    splits: { train: 1 },
  });
  expect(found.joined).toEqual({ images: 1, labeled: 0, others: 0 });
});
