import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../paths.ts';

/** What the schema's source says of a table. */
export interface TableComments {
  /** The file that it lies in, without folder and ending. */
  area: string;
  text: string;
  /** By the key of the column in the source. */
  columns: ReadonlyMap<string, string>;
}

/** The doc comments of the tables that files of packages/db/src/schema export, by the name they export. */
export function commentsOf(areas: readonly string[]): Map<string, TableComments> {
  return new Map(
    areas.flatMap((area) => {
      const file = join(root, 'packages/db/src/schema', `${area}.ts`);
      const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
      return source.statements.flatMap((statement) => {
        const text = docOf(statement);
        if (!ts.isVariableStatement(statement) || text === '') return [];
        return statement.declarationList.declarations.flatMap(({ name, initializer }) =>
          ts.isIdentifier(name) && initializer && ts.isCallExpression(initializer)
            ? [[name.text, { area, text, columns: columnsOf(initializer) }] as const]
            : [],
        );
      });
    }),
  );
}

function columnsOf(call: ts.CallExpression): Map<string, string> {
  const columns = call.arguments.find((argument) => ts.isObjectLiteralExpression(argument));
  return new Map(
    columns?.properties.flatMap((property) => {
      const text = docOf(property);
      return text !== '' && property.name && ts.isIdentifier(property.name) ? [[property.name.text, text]] : [];
    }),
  );
}

/** One line, with links in it as the words they show. */
function docOf(node: ts.Node): string {
  const docs = ts.getJSDocCommentsAndTags(node).filter((doc) => ts.isJSDoc(doc));
  return (ts.getTextOfJSDocComment(docs.at(-1)?.comment) ?? '').replace(/\s+/g, ' ').trim();
}
