import { ClassList } from '../classes.ts';
import type { ClassDefinition } from '../model.ts';
import { folderOf } from '../paths.ts';
import type { YoloConfig } from './config.ts';

/**
 * What class numbers mean. Where several lists of classes disagree, each is that of the folder that it lies in, and classes
 * of one name are one.
 */
export class ClassNumbers {
  readonly #lists: { config: YoloConfig; scope: string }[];
  readonly #first: YoloConfig | null;
  readonly #merged: ClassList | null;
  #highest = -1;

  constructor(configs: readonly YoloConfig[]) {
    const named = configs.filter(({ names }) => names?.length);
    this.#first = named[0] ?? configs[0] ?? null;
    const areAlike = named.every(({ names }) => names?.join('\0') === this.#first?.names?.join('\0'));
    this.#lists = areAlike ? [] : named.map((config) => ({ config, scope: folderOf(config.path) }));
    this.#lists.sort((a, b) => b.scope.length - a.scope.length);
    this.#merged = areAlike ? null : new ClassList();
    for (const { names } of areAlike ? [] : named) for (const name of names ?? []) this.#merged?.indexOf(name);
  }

  get areMerged(): boolean {
    return this.#merged !== null;
  }

  /** The configuration that a label file goes by. */
  configOf(labelPath: string): YoloConfig | null {
    return this.#lists.find(({ scope }) => labelPath.startsWith(scope))?.config ?? this.#first;
  }

  /** The position in the dataset's class list of a number in a label file of this configuration. */
  indexOf(config: YoloConfig | null, number: number): number {
    if (this.#merged) return this.#merged.indexOf(config?.names?.[number] ?? `class_${number}`);
    this.#highest = Math.max(this.#highest, number);
    return number;
  }

  /** The names of the lists; numbers beyond them, and all without one, are called class_N. */
  get classes(): ClassDefinition[] {
    if (this.#merged) return this.#merged.classes;
    const names = this.#first?.names ?? [];
    const count = Math.max(names.length, this.#highest + 1);
    return Array.from({ length: count }, (_, index) => ({ name: names[index] ?? `class_${index}`, source: { index } }));
  }
}
