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
    const isEmpty = (each: ts.Type) =>
      (each.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void)) !== 0;
    const valued = type.types.filter((each) => !isEmpty(each));
    const ends = type.types.filter(isEmpty).map(part);
    // A union that has a name keeps it beside null.
    const name = this.#names.get(
      this.#joined(valued.filter((each) => !isBoolean(each)).map((each) => this.#fullText(each))),
    );
    const bothBooleans = valued.filter(isBoolean).length === 2;
    const texts = valued.filter((each) => !bothBooleans || !isBoolean(each)).map(part);
    const values = name ? [name] : bothBooleans ? [...texts, 'boolean'] : texts;
    return this.#joined([...values, ...ends]);
  }

  #joined = (texts: readonly string[]): string => [...new Set(texts)].join(' | ');

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
      return `${name}${isOptional ? '?' : ''}: ${part(value)};`;
    });
    return `{ ${[...indexes, ...properties].join(' ')} }`;
  }
}
