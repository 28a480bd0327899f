import type { ClassDefinition } from './model.ts';

/** The classes of a dataset, gathered while its files are read: one class per name, in the order of appearance. */
export class ClassList {
  readonly classes: ClassDefinition[] = [];
  readonly #indexOf = new Map<string, number>();

  /** The index of the class of this name, which is added if it is new. */
  indexOf(name: string, source: Record<string, unknown> = {}): number {
    const known = this.#indexOf.get(name);
    if (known !== undefined) return known;
    this.#indexOf.set(name, this.classes.length);
    return this.addSeparate(name, source);
  }

  /** The index of a further class of a name that one file gives to several; `number` counts from 1, behind the first. */
  indexOfRepeated(name: string, number: number, source: Record<string, unknown>): number {
    const key = `${name}\0${number}`;
    const known = this.#indexOf.get(key);
    if (known !== undefined) return known;
    this.#indexOf.set(key, this.classes.length);
    return this.addSeparate(name, source);
  }

  /** Adds a class even if there is one of the same name. */
  addSeparate(name: string, source: Record<string, unknown>): number {
    this.classes.push({ name, source });
    return this.classes.length - 1;
  }
}
