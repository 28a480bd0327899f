/** Two boxes on each image of 640 × 480 pixels, as each format writes them. */
export type LabelKind = 'yolo' | 'pascal_voc' | 'coco';

export const imagePathOf = (i: number): string => `images/${nameOf(i)}.jpg`;

const EXTENSIONS = { yolo: 'txt', pascal_voc: 'xml', coco: 'json' } as const;
const nameOf = (i: number): string => String(i).padStart(7, '0');

export const labelPathOf = (kind: LabelKind, i: number): string => `labels/${nameOf(i)}.${EXTENSIONS[kind]}`;

export function labelFileOf(kind: LabelKind, i: number): { path: string; text: string } {
  const [name, path] = [nameOf(i), labelPathOf(kind, i)];
  const boxes = [
    [10 + (i % 100), 20, 100, 80],
    [200 + (i % 50), 60, 64, 48],
  ];
  switch (kind) {
    case 'yolo':
      return {
        path,
        text: boxes
          .map(([x = 0, y = 0, w = 0, h = 0], j) =>
            [j, ...[(x + w / 2) / 640, (y + h / 2) / 480, w / 640, h / 480].map((value) => value.toFixed(6))].join(' '),
          )
          .join('\n'),
      };
    case 'pascal_voc':
      return {
        path,
        text: `<annotation>\n\t<folder>images</folder>\n\t<filename>${name}.jpg</filename>\n\t<size>\n\t\t<width>640</width>\n\t\t<height>480</height>\n\t\t<depth>3</depth>\n\t</size>\n${boxes
          .map(
            ([x = 0, y = 0, w = 0, h = 0], j) =>
              `\t<object>\n\t\t<name>c${j}</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n\t\t<difficult>0</difficult>\n\t\t<bndbox>\n\t\t\t<xmin>${x}</xmin>\n\t\t\t<ymin>${y}</ymin>\n\t\t\t<xmax>${x + w}</xmax>\n\t\t\t<ymax>${y + h}</ymax>\n\t\t</bndbox>\n\t</object>\n`,
          )
          .join('')}</annotation>\n`,
      };
    case 'coco':
      return {
        path,
        text: JSON.stringify({
          info: {},
          images: [{ id: i, file_name: `${name}.jpg`, width: 640, height: 480 }],
          annotations: boxes.map((bbox, j) => ({
            id: i * 2 + j,
            image_id: i,
            category_id: j + 1,
            bbox,
            area: 1,
            iscrowd: 0,
          })),
          categories: boxes.map((_, j) => ({ id: j + 1, name: `c${j}` })),
        }),
      };
  }
}
