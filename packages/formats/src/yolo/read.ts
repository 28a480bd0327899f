import type { ReadBatch, ReadSummary } from '../format.ts';
import type { Listing } from '../listing.ts';
import type { Annotation, ImageRecord } from '../model.ts';
import { splitOf } from '../paths.ts';
import type { ReportBuilder } from '../report.ts';
import type { DatasetSource, FileRole, ImageEntry } from '../source.ts';
import { readConfig, type YoloConfig } from './config.ts';
import { labelPathsOf, mayBeLabel } from './layout.ts';
import { type BoxLine, parseLabelLines } from './lines.ts';

export async function* readYolo(
  source: DatasetSource,
  listing: Listing,
  report: ReportBuilder,
): AsyncGenerator<ReadBatch, ReadSummary> {
  const config = await readConfig(source, listing, report);
  let highestClass = -1;
  let numBoxes = 0;
  if (config) yield { images: [], roles: [{ path: config.path, kind: 'annotation', split: null }] };
  for await (const entries of source.images()) {
    const labels = await source.texts(entries.flatMap((entry) => labelPathsOf(entry.path).filter(mayBeLabel)));
    const images: ImageRecord[] = [];
    const roles: FileRole[] = [];
    for (const entry of entries) {
      const split = splitFor(entry.path, config);
      const labelPath = labelPathsOf(entry.path).find((path) => labels.has(path));
      const annotations = labelPath
        ? annotationsOf(entry, labelPath, labels.get(labelPath) ?? null, config, report)
        : [];
      for (const { classIndex } of annotations) highestClass = Math.max(highestClass, classIndex);
      numBoxes += annotations.length;
      if (labelPath) roles.push({ path: labelPath, kind: 'label', split });
      images.push({ path: entry.path, split, className: null, isLabeled: labelPath !== undefined, annotations });
    }
    yield { images, roles };
  }
  return { classes: classesOf(config, highestClass), taskType: numBoxes > 0 ? 'object_detection' : null };
}

function annotationsOf(
  image: ImageEntry,
  labelPath: string,
  text: string | null,
  config: YoloConfig | null,
  report: ReportBuilder,
): Annotation[] {
  if (text === null) {
    report.add('label_not_text', { path: labelPath });
    return [];
  }
  const annotations: Annotation[] = [];
  for (const line of parseLabelLines(text)) {
    if (line.kind === 'bad') {
      report.add('bad_label_line', { path: labelPath, line: line.line, detail: line.reason });
    } else if (line.kind === 'other') {
      report.add('unsupported_label_line', { path: labelPath, line: line.line, detail: `${line.columns} numbers` });
    } else {
      const annotation = annotationOf(line, image);
      if (!annotation) {
        report.add('bad_box', { path: labelPath, line: line.line, detail: whyBad(line, image) });
        continue;
      }
      if (config?.names.length && line.classIndex >= config.names.length) {
        const detail = `class ${line.classIndex}, where ${config.path} names ${config.names.length}`;
        report.add('unknown_class', { path: labelPath, line: line.line, detail });
      }
      annotations.push(annotation);
    }
  }
  return annotations;
}

function annotationOf(line: BoxLine, { width, height }: ImageEntry): Annotation | null {
  if (width === null || height === null || line.width <= 0 || line.height <= 0) return null;
  const boxWidth = line.width * width;
  const boxHeight = line.height * height;
  return {
    type: 'bbox',
    classIndex: line.classIndex,
    geometry: {
      box: [line.centerX * width - boxWidth / 2, line.centerY * height - boxHeight / 2, boxWidth, boxHeight],
    },
    attributes: {},
  };
}

function whyBad(line: BoxLine, image: ImageEntry): string {
  if (image.width === null) return `the image ${image.path} has no readable size`;
  return `width ${line.width}, height ${line.height}`;
}

function splitFor(imagePath: string, config: YoloConfig | null): string | null {
  const named = config?.folders.find(({ folder }) => imagePath.startsWith(folder));
  return named?.split ?? splitOf(imagePath);
}

/** The names of the configuration; numbers beyond it, and all without one, are called class_N. */
function classesOf(config: YoloConfig | null, highestClass: number): ReadSummary['classes'] {
  const names = config?.names ?? [];
  const count = Math.max(names.length, Math.min(highestClass + 1, names.length + 10_000));
  return Array.from({ length: count }, (_, index) => ({ name: names[index] ?? `class_${index}`, source: { index } }));
}
