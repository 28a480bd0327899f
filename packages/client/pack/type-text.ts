import ts from 'typescript';

const DEEPEST = 30;

/** Writes types of plain data out in full, but for those that have a name. */
export class TypeText {
  readonly #checker: ts.TypeChecker;
  readonly #place: ts.Node;
  /** By its full text, what a type is called. */
  readonly #names = new Map<string, string>();
  readonly #full = new Map<ts.Type, string>();

  /** @param place from where the types are seen */
  constructor(checker: ts.TypeChecker, place: ts.Node, named: ReadonlyMap<string, ts.Type>) {
    this.#checker = checker;
    this.#place = place;
    for (const [name, type] of named) {
      const text = this.#fullText(type);
      if (!this.#names.has(text)) this.#names.set(text, name);
    }
  }

  /** With names where there are some. */
  of(type: ts.Type): string {
    return this.#names.get(this.#fullText(type)) ?? this.definition(type);
  }

  /** What a name stands for, or a type that has none. */
  definition(type: ts.Type): string {
    return this.#write(type, (part) => this.of(part));
  }

  #fullText(type: ts.Type, depth = 0): string {
    if (depth > DEEPEST) throw new Error(`${this.#checker.typeToString(type)} contains itself: give it a name`);
    const known = this.#full.get(type);
    if (known !== undefined) return known;
    const text = this.#write(type, (part) => this.#fullText(part, depth + 1));
    this.#full.set(type, text);
    return text;
  }

  #write(type: ts.Type, part: (type: ts.Type) => string): string {
    const checker = this.#checker;
    if (type.flags & ts.TypeFlags.Any) throw new Error('A type is any');
    if (type.isUnion()) return this.#union(type, part);
    if (type.isIntersection()) return type.types.map((each) => `(${part(each)})`).join(' & ');
    if (!(type.flags & ts.TypeFlags.Object))
      return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
    if (checker.isTupleType(type))
      return `[${checker
        .getTypeArguments(type as ts.TypeReference)
        .map(part)
        .join(', ')}]`;
    if (checker.isArrayType(type)) {
      const [element] = checker.getTypeArguments(type as ts.TypeReference);
      return `Array<${element ? part(element) : 'unknown'}>`;
    }
    return this.#object(type, part);
  }

  #union(type: ts.UnionType, part: (type: ts.Type) => string): string {
    const isBoolean = (each: ts.Type) => (each.flags & ts.TypeFlags.BooleanLiteral) !== 0;
    const hasBoth = type.types.filter(isBoolean).length === 2;
    const texts = type.types.filter((each) => !hasBoth || !isBoolean(each)).map(part);
    return [...new Set([...texts, ...(hasBoth ? ['boolean'] : [])])].sort(emptyLast).join(' | ');
  }

  #object(type: ts.Type, part: (type: ts.Type) => string): string {
    const checker = this.#checker;
    if (checker.getSignaturesOfType(type, ts.SignatureKind.Call).length > 0) {
      throw new Error(`${checker.typeToString(type)} is a function: JSON does not carry it`);
    }
    const indexes = checker.getIndexInfosOfType(type).map((info) => {
      return `[key: ${checker.typeToString(info.keyType)}]: ${part(info.type)};`;
    });
    const properties = checker.getPropertiesOfType(type).map((property) => {
      const value = checker.getTypeOfSymbolAtLocation(property, this.#place);
      const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      const name = /^[A-Za-z_$][\w$]*$/.test(property.name) ? property.name : JSON.stringify(property.name);
      // Told apart by exactOptionalPropertyTypes only, and JSON leaves out either.
      const text = part(value).replace(/ \| undefined$/, '');
      return isOptional ? `${name}?: ${text} | undefined;` : `${name}: ${part(value)};`;
    });
    return `{ ${[...indexes, ...properties.sort()].join(' ')} }`;
  }
}

const EMPTY = ['null', 'undefined', 'void'];

/** The same union in the same order, however it came about. */
const emptyLast = (a: string, b: string): number => EMPTY.indexOf(a) - EMPTY.indexOf(b) || (a < b ? -1 : 1);
