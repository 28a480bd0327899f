import type { Annotation, Box, ClassDefinition } from '../model.ts';
import { escapeXml, type XmlElement } from '../xml.ts';
import { SHAPE_MEMBERS } from './objects.ts';

/** A kept element, as JSON. */
export interface KeptElement {
  name: string;
  text: string;
  children: KeptElement[];
}

export function withoutLines({ name, text, children }: XmlElement): KeptElement {
  return { name, text, children: children.map(withoutLines) };
}

const element = (name: string, content: string | number | KeptElement[]): KeptElement =>
  typeof content === 'object' ? { name, text: '', children: content } : { name, text: String(content), children: [] };

/** Whether an attribute can stand in an `<object>` as an element of its own, and is not taken for the shape. */
export const isAttributeName = (key: string): boolean =>
  /^[A-Za-z_][\w.-]*$/.test(key) && !SHAPE_MEMBERS.has(key) && key !== 'part';

/** The `<object>` of an annotation; null for an annotation that Pascal VOC has no shape for. */
export function objectOf(annotation: Annotation, classes: readonly ClassDefinition[]): KeptElement | null {
  const name = annotation.classIndex === null ? undefined : classes[annotation.classIndex]?.name;
  if (name === undefined) return null;
  const members = [element('name', name)];
  const { parts, actions, ...others } = annotation.attributes;
  for (const [key, value] of Object.entries(others)) {
    if (isAttributeName(key)) members.push(memberOf(key, value));
  }
  if (annotation.type === 'bbox') {
    members.push(boundsOf(annotation.geometry.box));
  } else if (annotation.type === 'polygon' && annotation.geometry.polygons.length === 1) {
    const [ring = []] = annotation.geometry.polygons;
    if (annotation.geometry.box) members.push(boundsOf(annotation.geometry.box));
    members.push(
      element(
        'polygon',
        ring.map((value, i) => element(`${i % 2 === 0 ? 'x' : 'y'}${Math.floor(i / 2) + 1}`, rounded(value))),
      ),
    );
  } else {
    return null;
  }
  if (Array.isArray(parts)) {
    for (const { name: part = '', box = null } of parts as { name?: string; box?: Box | null }[]) {
      members.push(element('part', [element('name', part), ...(box ? [boundsOf(box)] : [])]));
    }
  }
  if (typeof actions === 'object' && actions !== null) {
    members.push(
      element(
        'actions',
        Object.entries(actions).map(([key, value]) => element(key, String(value))),
      ),
    );
  }
  return element('object', members);
}

function memberOf(name: string, value: unknown): KeptElement {
  if (typeof value !== 'object' || value === null)
    return element(name, typeof value === 'boolean' ? Number(value) : String(value));
  return element(
    name,
    Object.entries(value).map(([key, inner]) => memberOf(key, inner)),
  );
}

/** Enough digits to give a text's numbers back, and few enough to hide what a subtraction adds. */
const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(12)));

function boundsOf([x, y, width, height]: Box): KeptElement {
  return element('bndbox', [
    element('xmin', rounded(x)),
    element('ymin', rounded(y)),
    element('xmax', rounded(x + width)),
    element('ymax', rounded(y + height)),
  ]);
}

/** The header of an image that was not read from Pascal VOC. */
export function headerOf(filename: string, width: number, height: number): KeptElement[] {
  return [
    element('filename', filename),
    element('size', [element('width', width), element('height', height), element('depth', 3)]),
    element('segmented', 0),
  ];
}

export function textOfDocument(children: readonly KeptElement[]): string {
  return `${xmlOf({ name: 'annotation', text: '', children: [...children] }, '')}\n`;
}

function xmlOf({ name, text, children }: KeptElement, indent: string): string {
  if (children.length === 0) return `${indent}<${name}>${escapeXml(text)}</${name}>`;
  const inner = children.map((child) => xmlOf(child, `${indent}  `)).join('\n');
  return `${indent}<${name}>\n${inner}\n${indent}</${name}>`;
}

/** Whether writing an annotation gives its `<object>` back, whatever the order of members and the spelling of numbers. */
export function comesBack(object: XmlElement, annotation: Annotation, classes: readonly ClassDefinition[]): boolean {
  const written = objectOf(annotation, classes);
  return written !== null && isSame(object, written);
}

function isSame(a: KeptElement, b: KeptElement): boolean {
  if (a.name !== b.name || a.children.length !== b.children.length) return false;
  if (a.text !== b.text && numberOrText(a.text) !== numberOrText(b.text)) return false;
  // As a rule they stand in the order in which they are written.
  const inOrder = a.children.every((child, i) => {
    const other = b.children[i];
    return other !== undefined && isSame(child, other);
  });
  return inOrder || canonical(a) === canonical(b);
}

const numberOrText = (text: string): string =>
  text !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text;

function canonical({ name, text, children }: KeptElement): string {
  return `<${name}>${numberOrText(text)}${children.map(canonical).sort().join('')}</${name}>`;
}
