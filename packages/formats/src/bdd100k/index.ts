import { isMembers, membersOf, numbersOf, readEach, ringOf } from '../json/lines.ts';
import { readJson } from '../json/read.ts';
import { countingRefused, type NamedLabels } from '../matching/records.ts';
import type { Annotation } from '../model.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';

/** BDD100K's labels, the list of frames that Scalabel has, too: https://doc.bdd100k.com/format.html */
export const bdd100k = datasetFilesReader({
  format: 'bdd100k',
  what: 'is BDD100K\u2019s list of frames',
  extensions: ['json'],
  fits: (head) =>
    /^\uFEFF?\s*\[\s*\{/.test(head) &&
    /"labels"\s*:\s*(\[|null)/.test(head) &&
    /"name"\s*:/.test(head) &&
    /"(box2d|poly2d|category)"\s*:/.test(head),

  async *read({ path }, reading) {
    for await (const item of readJson(reading.source.stream(path), (key) => key === '')) {
      if (item.kind !== 'elements') continue;
      for (const { index, reason } of item.broken)
        reading.report.add('bad_annotation', { path, pointer: `[${item.firstIndex + index}]`, detail: reason });
      yield item.elements.flatMap((element, i) =>
        element === undefined
          ? []
          : countingRefused(reading, () => labelsOf(path, element, item.firstIndex + i, reading)),
      );
    }
  },
});

function labelsOf(path: string, element: unknown, index: number, reading: Reading): NamedLabels[] {
  const pointer = `[${index}]`;
  if (!isMembers(element) || typeof element.name !== 'string' || element.name === '') {
    reading.report.add('bad_annotation', { path, pointer, detail: 'a frame without a name' });
    return [];
  }
  const { name, labels, attributes } = element;
  const annotations = readEach(labels, { path, pointer: `${pointer}.labels` }, reading, (label, place) =>
    objectsOf(path, place.pointer, label, reading),
  );
  return [
    {
      named: { name, split: splitOfFile(path), width: null, height: null, at: { path, pointer } },
      annotate: () => annotations,
      source: { file: path, ...(isMembers(attributes) ? { attributes } : {}) },
      unit: `${pointer}.labels`,
    },
  ];
}

function objectsOf(path: string, pointer: string, label: Record<string, unknown>, reading: Reading): Annotation[] {
  const { category, box2d, poly2d, attributes: own, id } = label;
  if (typeof category !== 'string') {
    reading.report.add('bad_annotation', { path, pointer, detail: 'no category' });
    return [];
  }
  const attributes = { ...(isMembers(own) ? own : {}), ...(id === undefined ? {} : { id }) };
  const box = numbersOf(box2d, 'x1', 'y1', 'x2', 'y2');
  if (box) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
    if (x2 >= x1 && y2 >= y1)
      return [
        annotationOf(reading, category, { type: 'bbox', geometry: { box: [x1, y1, x2 - x1, y2 - y1] } }, attributes),
      ];
  }
  const parts = membersOf(poly2d);
  const closed = parts.filter((part) => part.closed !== false);
  const rings = closed.map((part) => ringOf(part.vertices));
  if (rings.length > 0 && rings.every((ring) => ring !== null))
    return [
      annotationOf(
        reading,
        category,
        { type: 'polygon', geometry: { box: null, polygons: rings.filter((ring) => ring !== null) } },
        attributes,
      ),
    ];
  const isLine = parts.length > 0 && closed.length === 0;
  reading.report.add(isLine ? 'unsupported_annotation' : 'bad_box', {
    path,
    pointer,
    detail: isLine ? `${category}: a line` : `${category}: neither a box nor a polygon`,
  });
  return [];
}
