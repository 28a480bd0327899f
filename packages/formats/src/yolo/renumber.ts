import { isMap, isSeq, parseDocument } from 'yaml';

/**
 * Label lines (a class number and four numbers or more) with other class numbers: `ids` says what becomes of each. Other
 * lines, and numbers beyond the list, stay as they are.
 */
export function renumberLabels(text: string, ids: readonly number[]): string {
  return text.replace(
    /^([ \t]*)(\d+)(?=(?:[ \t,]+[-+]?[\d.]+(?:e[-+]?\d+)?){4})/gim,
    (line, indent: string, number: string) => {
      const id = ids[Number(number)];
      return id === undefined ? line : `${indent}${id}`;
    },
  );
}

/**
 * The file that names the classes, be it a `data.yaml` or a list of names, with more of them at its end. Comments and all
 * other members stay.
 *
 * @param known how many classes it names now
 * @returns null where the names are not in this file
 */
export function withMoreClasses(path: string, text: string, known: number, names: readonly string[]): string | null {
  if (!/\.ya?ml$/i.test(path)) {
    return /\.(names|txt)$/i.test(path) ? `${text.replace(/\s*$/, '')}\n${names.join('\n')}\n` : null;
  }
  const document = parseDocument(text, { schema: 'core', customTags: [] });
  const listed = document.get('names');
  if (isSeq(listed)) for (const name of names) listed.add(document.createNode(name));
  else if (isMap(listed)) for (const [i, name] of names.entries()) listed.set(known + i, name);
  else return null;
  if (document.has('nc')) document.set('nc', known + names.length);
  return document.toString({ lineWidth: 0 });
}
