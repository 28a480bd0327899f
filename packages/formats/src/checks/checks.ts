import { Fingerprints, Hash } from '../fingerprints.ts';
import type { ReadContext } from '../format.ts';
import type { Annotation, ClassDefinition, ImageRecord } from '../model.ts';
import type { Example } from '../report.ts';
import { clip, extentOf, isEmpty, isOutside } from './geometry.ts';

/** Annotations beyond these are still compared within their batch, but no longer over the whole dataset. */
const MAX_COMPARED = 20_000_000;

/**
 * What is checked of every annotation of every format: bounds, area, repetitions; and what a person has asked to have
 * repaired of it.
 */
export class AnnotationChecks {
  readonly #context: ReadContext;
  readonly #seen = new Fingerprints();

  constructor(context: ReadContext) {
    this.#context = context;
  }

  /** The record with its annotations checked, repaired where asked for. */
  check(record: ImageRecord): ImageRecord {
    const { repairs } = this.#context;
    const kept: Annotation[] = [];
    let isChanged = false;
    for (const annotation of record.annotations) {
      const checked = this.#checkOne(record, annotation);
      if (checked !== annotation) isChanged = true;
      if (checked) kept.push(checked);
    }
    return isChanged && repairs.size > 0 ? { ...record, annotations: kept } : record;
  }

  #checkOne(record: ImageRecord, annotation: Annotation): Annotation | null {
    const { report, repairs } = this.#context;
    let result = annotation;
    const { width, height } = record;
    if (width !== null && height !== null && isOutside(annotation, width, height)) {
      const cut = clip(annotation, width, height);
      // Of one that lies beside its image nothing would be left: cutting off must not remove.
      const clipped = isEmpty(cut) && !isEmpty(annotation) ? annotation : cut;
      if (repairs.has('clip_boxes') && clipped !== annotation) {
        result = clipped;
      } else {
        const place = placeOf(record, annotation);
        const said = `${describe(annotation)} in an image of ${width} × ${height}`;
        report.add('out_of_bounds', { ...place, detail: said });
        if (clipped !== annotation) {
          report.propose('clip_boxes', { ...lineOf(place), from: describe(annotation), to: describe(clipped) });
        }
      }
    }
    if (isEmpty(result)) {
      if (repairs.has('drop_empty')) return null;
      const place = placeOf(record, annotation);
      report.add('zero_area', { ...place, detail: describe(result) });
      report.propose('drop_empty', { ...lineOf(place), from: describe(result), to: 'removed' });
    }
    if (this.#repeats(record, result)) {
      if (repairs.has('drop_duplicates')) return null;
      const place = placeOf(record, annotation);
      report.add('duplicate_annotation', { ...place, detail: describe(result) });
      report.propose('drop_duplicates', { ...lineOf(place), from: describe(result), to: 'removed' });
    }
    return result;
  }

  #repeats(record: ImageRecord, annotation: Annotation): boolean {
    if (this.#seen.size > MAX_COMPARED) return false;
    const hash = Hash.of(record.path, annotation.type, annotation.classIndex ?? -1);
    hashGeometry(hash, annotation);
    return this.#seen.add(hash) !== 0;
  }
}

function hashGeometry(hash: Hash, annotation: Annotation): void {
  for (const value of Object.values(annotation.geometry)) {
    if (typeof value === 'string') hash.text(value);
    else if (Array.isArray(value)) hashNumbers(hash, value);
    else if (value && typeof value === 'object' && 'counts' in value) {
      const { counts } = value;
      if (typeof counts === 'string') hash.text(counts);
      else hashNumbers(hash, counts);
    }
  }
}

function hashNumbers(hash: Hash, values: readonly (number | readonly number[])[]): void {
  for (const value of values) {
    if (typeof value === 'number') hash.number(value);
    else for (const inner of value) hash.number(inner);
  }
}

/** Where an annotation stands, as an example of a report. */
export function placeOf(record: ImageRecord, { at }: Annotation): Example {
  const { origin } = record;
  if (!origin) return { path: record.path };
  const place: Example = { path: origin.path, image: record.path };
  if (at === undefined) return place;
  return origin.unit === 'line' ? { ...place, line: at } : { ...place, pointer: `${origin.unit}[${at}]` };
}

function lineOf({ path, line }: Example): { path: string; line?: number } {
  return line === undefined ? { path } : { path, line };
}

function describe(annotation: Annotation): string {
  const box = extentOf(annotation)?.map((value) => Math.round(value * 100) / 100);
  return box ? `${annotation.type} ${box[0]}, ${box[1]}, ${box[2]} × ${box[3]}` : annotation.type;
}

/** Classes of one name in one list; with the repair, all but the first are numbered. */
export function checkClasses({ report, repairs }: ReadContext, classes: readonly ClassDefinition[]): ClassDefinition[] {
  const names = new Set(classes.map(({ name }) => name));
  const seen = new Set<string>();
  return classes.map((definition, index) => {
    if (!seen.has(definition.name)) {
      seen.add(definition.name);
      return definition;
    }
    let number = 2;
    while (names.has(`${definition.name} (${number})`)) number++;
    const name = `${definition.name} (${number})`;
    names.add(name);
    if (repairs.has('rename_duplicate_classes')) return { ...definition, name };
    const path = typeof definition.source.file === 'string' ? definition.source.file : '';
    report.add('duplicate_class', { path, detail: `${definition.name}, class ${index}` });
    report.propose('rename_duplicate_classes', { path, from: definition.name, to: name });
    return definition;
  });
}
