import { describe, expect, test } from 'vitest';
import { codes, pngBytes, readAll } from '../../fixtures/read.ts';

const image = pngBytes(200, 100);

describe('CSV', () => {
  test.each([
    ['corners', 'filename,xmin,ymin,xmax,ymax,class\na.png,10,20,40,60,cat\n'],
    ['another order', 'class,ymax,xmax,ymin,xmin,image\ncat,60,40,20,10,a.png\n'],
    ['other spellings', 'image_path;Label;X1;Y1;X2;Y2\nimages/a.png;cat;10;20;40;60\n'],
    [
      'sizes',
      'img,label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_width,image_height\na.png,cat,10,20,30,40,200,100\n',
    ],
    ['a list', 'image_id,width,height,bbox,class\na.png,200,100,"[10, 20, 30, 40]",cat\n'],
    ['no header', 'images/a.png,10,20,40,60,cat\nimages/b.png,,,,,\n'],
    ['shares', 'filename,class,xmin,ymin,xmax,ymax\na.png,cat,0.05,0.2,0.2,0.6\n'],
    ['tabs and CRLF', 'filename\tclass\txmin\tymin\txmax\tymax\r\na.png\tcat\t10\t20\t40\t60\r\n'],
  ])('reads boxes by %s', async (_, text) => {
    const read = await readAll({ 'images/a.png': image, 'images/b.png': image, 'boxes.csv': text });
    expect(read).toMatchObject({ format: 'csv', taskType: 'object_detection', classNames: ['cat'] });
    const [annotation] = read.images.get('images/a.png')?.annotations ?? [];
    expect(annotation).toMatchObject({ type: 'bbox', classIndex: 0 });
    const box = annotation?.type === 'bbox' ? annotation.geometry.box : [];
    expect(box).toEqual([10, 20, 30, 40].map((value) => expect.closeTo(value, 9)));
  });

  test('names rows that say nothing useful by their lines', async () => {
    const read = await readAll({
      'a.png': image,
      'boxes.csv': [
        'filename,class,xmin,ymin,xmax,ymax,split',
        'a.png,cat,1,2,3,4,valid',
        'a.png,cat,1,two,3,4,valid',
        'a.png,,1,2,3,4,valid',
        ',cat,1,2,3,4,valid',
        'a.png,cat,30,2,3,4,valid',
        'missing.png,cat,1,2,3,4,valid',
        'a.png,cat,1,2,3',
      ].join('\n'),
    });
    expect(codes(read.report)).toEqual({ bad_box: 3, bad_annotation: 2, unmatched_image: 1, unplaced_annotation: 1 });
    const lines = read.report.issues.flatMap(({ code, examples }) => examples.map(({ line }) => [code, line]));
    expect(lines).toContainEqual(['bad_box', 3]);
    expect(lines).toContainEqual(['bad_annotation', 4]);
    expect(lines).toContainEqual(['unmatched_image', 7]);
    expect(read.images.get('a.png')).toMatchObject({ split: 'val' });
  });
});
