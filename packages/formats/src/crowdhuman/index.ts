import { isMembers, type JsonLine, jsonLines, readEach } from '../json/lines.ts';
import { countingRefused, type NamedLabels } from '../matching/records.ts';
import type { Annotation, Box } from '../model.ts';
import { annotationOf, datasetFilesReader, type Reading } from '../reading/label-files.ts';
import { splitOfFile } from '../reading/splits.ts';

/** CrowdHuman's odgt files, a line of JSON per image: https://www.crowdhuman.org/download.html */
export const crowdHuman = datasetFilesReader({
  format: 'crowdhuman',
  what: 'has CrowdHuman\u2019s lines of people',
  extensions: ['odgt'],
  fits: (head) => /"gtboxes"\s*:/.test(head) && /"ID"\s*:/.test(head),
  isNamedSo: (path) => /\.odgt$/i.test(path),

  async *read({ path }, reading) {
    for await (const rows of jsonLines(path, reading))
      yield rows.flatMap((row) => countingRefused(reading, () => labelsOf(path, row, reading)));
  },
});

function labelsOf(path: string, { value, line }: JsonLine, reading: Reading): NamedLabels[] {
  if (typeof value.ID !== 'string' || value.ID === '') {
    reading.report.add('bad_annotation', { path, line, detail: 'no ID' });
    return [];
  }
  const annotations = readEach(value.gtboxes, { path, line, pointer: 'gtboxes' }, reading, (person, _, i) =>
    personOf(path, line, i, person, reading),
  );
  return [
    {
      named: {
        name: `${value.ID}.jpg`,
        alternatives: [`${value.ID}.png`, value.ID],
        split: splitOfFile(path),
        width: null,
        height: null,
        at: { path, line },
      },
      annotate: () => annotations,
      source: { file: path },
      unit: 'line',
    },
  ];
}

/** The full box; the visible one and the head are kept as attributes. A `mask` stands for a crowd that is to be ignored. */
function personOf(
  path: string,
  line: number,
  i: number,
  person: Record<string, unknown>,
  reading: Reading,
): Annotation[] {
  const box = boxOf(person.fbox) ?? boxOf(person.vbox);
  const label = typeof person.tag === 'string' ? person.tag : 'person';
  if (box === null) {
    reading.report.add('bad_box', {
      path,
      line,
      pointer: `gtboxes[${i}]`,
      detail: `${label}: no fbox of four numbers`,
    });
    return [];
  }
  const isIgnored = label === 'mask' || (isMembers(person.extra) && person.extra.ignore === 1);
  const attributes = {
    ...(boxOf(person.vbox) ? { vbox: person.vbox } : {}),
    ...(boxOf(person.hbox) ? { hbox: person.hbox } : {}),
    ...(isIgnored ? { ignore: 1 } : {}),
  };
  return [annotationOf(reading, label, { type: 'bbox', geometry: { box } }, attributes, line)];
}

function boxOf(value: unknown): Box | null {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [x = 0, y = 0, width = 0, height = 0] = value.map(Number);
  return [x, y, width, height].every(Number.isFinite) && width >= 0 && height >= 0 ? [x, y, width, height] : null;
}
