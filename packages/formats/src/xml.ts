import { SaxesParser } from 'saxes';
import { FormatError } from './format-error.ts';

/** An XML element with all that is in it. Whitespace around texts is left off, comments and instructions are. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  text: string;
  children: XmlElement[];
  /** The line that it begins in, from 1. */
  line: number;
}

const MAX_DEPTH = 32;
/** What one element handed out may hold; a track of a long video is the largest that is met. */
const MAX_NODES = 2_000_000;

/**
 * Hands out the elements of these names, wherever they are, one by one: memory is bounded by the largest of them.
 * Document types are refused, and with them every entity but XML's own five: nothing is expanded, nothing is fetched.
 *
 * @throws FormatError with the line, when the text is no well-formed XML
 */
export async function* readXml(
  stream: AsyncIterable<Uint8Array | string>,
  names: ReadonlySet<string>,
): AsyncGenerator<XmlElement> {
  const { parser, ready } = elementParser(names);
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of stream) {
    parser.write(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
  }
  parser.close();
  yield* ready;
}

/** The first element of a name in a whole text, read like {@link readXml} does; null if there is none. */
export function firstElement(text: string, name: string): XmlElement | null {
  const { parser, ready } = elementParser(new Set([name]));
  parser.write(text);
  parser.close();
  return ready[0] ?? null;
}

function elementParser(names: ReadonlySet<string>): { parser: SaxesParser; ready: XmlElement[] } {
  const open: XmlElement[] = [];
  const ready: XmlElement[] = [];
  let nodes = 0;
  let depth = 0;
  const parser = new SaxesParser();
  const fail = (what: string): never => {
    throw new FormatError(`Line ${parser.line}: ${what}`);
  };
  parser.on('error', (error) => fail(error.message.replace(/^\d+:\d+: /, '')));
  parser.on('doctype', () => fail('a document type (DOCTYPE) with its entities is not allowed'));
  parser.on('opentag', ({ name, attributes }) => {
    if (++depth > MAX_DEPTH) fail(`elements are nested more than ${MAX_DEPTH} levels deep`);
    if (open.length === 0 && !names.has(name)) return;
    if (++nodes > MAX_NODES)
      fail(`<${open[0]?.name ?? name}> holds more than ${MAX_NODES.toLocaleString('en')} elements`);
    const element: XmlElement = { name, attributes, text: '', children: [], line: parser.line };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element) element.text += text.trim();
  });
  parser.on('cdata', (text) => {
    const element = open.at(-1);
    if (element) element.text += text;
  });
  parser.on('closetag', () => {
    depth--;
    const element = open.pop();
    if (!element || open.length > 0) return;
    ready.push(element);
    nodes = 0;
  });
  return { parser, ready };
}

export const childOf = (element: XmlElement, name: string): XmlElement | undefined =>
  element.children.find((child) => child.name === name);

/** The text of a child, or null when there is none or it is empty. */
export const textOf = (element: XmlElement, name: string): string | null => childOf(element, name)?.text || null;

/** A child's text as a number; NaN when it is none. */
export function numberOf(element: XmlElement, name: string): number {
  const text = textOf(element, name);
  return text === null ? Number.NaN : Number(text);
}

/** Control characters, which XML has no way to say, become U+FFFD. */
export const escapeXml = (text: string): string =>
  text
    .replace(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : c === '>' ? '&gt;' : '&quot;'));
