import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { root } from '../../scripts/paths.ts';

/** One import of a file: of another file of the house, or of a package from outside. */
export interface Import {
  from: string;
  /** The file that is meant, from the root; or the name of the package. */
  to: string;
  isOutside: boolean;
  /** Only types are taken, which are gone at run time. */
  isType: boolean;
  /** Waits until it is needed: `import()`. */
  isLate: boolean;
  /** It reaches into another package of ours past what that exports. */
  isDeep: boolean;
}

/** The code that runs, without its tests. */
export function sourceFiles(): string[] {
  const patterns = ['packages/*/src/**/*.ts', 'apps/worker/src/**/*.ts', 'apps/web/{app,server}/**/*.{ts,tsx}'];
  return globSync(patterns, { cwd: root })
    .filter((file) => !/\.(test|d)\.tsx?$/.test(file))
    .sort();
}

export function importsOf(files: readonly string[]): Import[] {
  const known = new Set(files);
  const packages = exportsOfPackages();
  return files.flatMap((from) => statementsOf(from).flatMap((statement) => resolve(from, statement, known, packages)));
}

interface Statement {
  specifier: string;
  isType: boolean;
  isLate: boolean;
}

function statementsOf(file: string): Statement[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest);
  const found: Statement[] = [];
  const add = (node: ts.Expression | undefined, isType: boolean, isLate: boolean) => {
    if (node && ts.isStringLiteral(node)) found.push({ specifier: node.text, isType, isLate });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, takesTypes(node.importClause), false);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly, false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) add(node.argument.literal, true, false);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function takesTypes(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const { namedBindings } = clause;
  if (clause.name || !namedBindings || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((element) => element.isTypeOnly);
}

function resolve(
  from: string,
  { specifier, isType, isLate }: Statement,
  known: ReadonlySet<string>,
  packages: Packages,
): Import[] {
  const about = { from, isType, isLate };
  const bare = specifier.split('?')[0] ?? '';
  if (bare.startsWith('.') || bare.startsWith('~/')) {
    const path = bare.startsWith('~/') ? `apps/web/app/${bare.slice(2)}` : normalize(join(dirname(from), bare));
    const to = [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find((candidate) => known.has(candidate));
    const isDeep = path.split('/').slice(0, 2).join('/') !== from.split('/').slice(0, 2).join('/');
    return to === undefined && !isDeep ? [] : [{ ...about, to: to ?? path, isOutside: false, isDeep }];
  }
  const name = bare
    .split('/')
    .slice(0, bare.startsWith('@') ? 2 : 1)
    .join('/');
  const exported = packages.get(name);
  if (!exported) return name.startsWith('node:') ? [] : [{ ...about, to: name, isOutside: true, isDeep: false }];
  const to = exported(`.${bare.slice(name.length)}`);
  return [{ ...about, to: to ?? bare, isOutside: false, isDeep: to === undefined || !known.has(to) }];
}

/** For each package of ours, which file an entry of it (`.`, `./plan`) stands for. */
type Packages = Map<string, (entry: string) => string | undefined>;

/** What an entry stands for: a file, or one for each condition. */
type Target = string | Record<string, string>;

function exportsOfPackages(): Packages {
  const manifests = globSync(['packages/*/package.json', 'apps/*/package.json'], { cwd: root });
  return new Map(
    manifests.map((file) => {
      const { name, exports = {} }: { name: string; exports?: Record<string, Target> } = JSON.parse(
        readFileSync(join(root, file), 'utf8'),
      );
      return [
        name,
        (entry) => {
          const pattern = exports['./*'];
          const target =
            exports[entry] ?? (typeof pattern === 'string' ? pattern.replace('*', entry.slice(2)) : undefined);
          const source = typeof target === 'string' ? target : target?.['@granary/source'];
          return source === undefined ? undefined : normalize(join(dirname(file), source));
        },
      ];
    }),
  );
}

/** The groups of nodes that lead back to themselves (Tarjan's strongly connected components), each sorted. */
export function circles(arrows: readonly { from: string; to: string }[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const order = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): number => {
    const own = order.size;
    order.set(node, own);
    stack.push(node);
    let lowest = own;
    for (const to of next.get(node) ?? []) {
      if (!order.has(to)) lowest = Math.min(lowest, visit(to));
      else if (stack.includes(to)) lowest = Math.min(lowest, order.get(to) ?? own);
    }
    if (lowest === own) {
      const group = stack.splice(stack.indexOf(node));
      if (group.length > 1 || next.get(node)?.has(node)) found.push(group.sort());
    }
    return lowest;
  };
  for (const node of next.keys()) if (!order.has(node)) visit(node);
  return found.sort((a, b) => a.length - b.length);
}
