import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fixture, hasFixtures } from '../../../tests/support/fixtures.ts';
import { readFolder } from '../../../tests/support/folder.ts';
import { readAll } from '../fixtures/read.ts';
import { contentOf, differenceOf, writeAll } from '../fixtures/write.ts';
import { type Format, WRITABLE_FORMATS } from './index.ts';

const cases = hasFixtures
  ? readdirSync(fixture(''), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((format) => readdirSync(fixture(format.name)).map((name) => `${format.name}/${name}`))
  : [];

const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** What a text says, whatever its spelling: numbers as numbers, JSON and YAML parsed, elements in no order. */
function meaningOf(path: string, text: string): unknown {
  if (path.endsWith('.json')) return JSON.parse(text);
  if (/\.ya?ml$/.test(path)) return parse(text);
  if (path.endsWith('.xml')) {
    const leaves = [...text.matchAll(/<([\w-]+)>([^<]*)<\/\1>/g)].map(([, name, value = '']) => {
      const said = value.trim();
      return `${name} ${said !== '' && Number.isFinite(Number(said)) ? Number(said) : said}`;
    });
    return leaves.sort();
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== '')
    .map((fields) => fields.map((field) => (Number.isFinite(Number(field)) ? Number(field) : field)));
}

/** The first thing that `before` says and `after` does not. */
function missingIn(before: unknown, after: unknown, at = ''): string | null {
  if (typeof before !== 'object' || before === null) return differenceOf(before, after, at);
  if (typeof after !== 'object' || after === null) return `${at} is missing`;
  for (const [key, value] of Object.entries(before)) {
    const found = missingIn(value, (after as Record<string, unknown>)[key], `${at}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

test.skipIf(!hasFixtures)('there are real datasets', () => {
  expect(cases.length).toBeGreaterThan(0);
});

describe.each(cases)('%s', (name) => {
  const files = new Map([...readFolder(fixture(`${name}/data`))].map(([path, bytes]) => [path, new Uint8Array(bytes)]));
  const { origin, license, note, firstClasses, ...facts } = JSON.parse(
    readFileSync(fixture(join(name, 'expected.json')), 'utf8'),
  );

  test('is what its facts say', async () => {
    const read = await readAll(files);
    const { numImages, numAnnotations, numClasses, classNames, ...rest } = facts;
    expect(read).toMatchObject({ ...rest, ...(classNames ? { classNames } : {}) });
    expect(read.counts.images).toBe(numImages);
    if (numAnnotations !== undefined) expect(read.counts.annotations).toBe(numAnnotations);
    if (numClasses !== undefined) expect(read.classes).toHaveLength(numClasses);
  });

  test('comes back from its own format: the model, and what each file says', async () => {
    const read = await readAll(files);
    if (!WRITABLE_FORMATS.includes(read.format as Format)) return;
    const written = await writeAll(read, files, read.format as Format);
    expect(written.losses).toEqual([]);
    const again = await readAll(written.files);
    expect(again.format).toBe(read.format);
    expect(differenceOf(contentOf(read), contentOf(again))).toBeNull();
    expect(again.classNames).toEqual(read.classNames);
    for (const [path, bytes] of written.files) {
      if (!/\.(json|txt|xml|ya?ml|names|data)$/.test(path) || !files.has(path)) continue;
      const [before, after] = [meaningOf(path, decode(files.get(path))), meaningOf(path, decode(bytes))];
      expect(missingIn(before, after, path)).toBeNull();
    }
  });

  test.each(WRITABLE_FORMATS)('what of it does not come back from %s is said before', async (format) => {
    const read = await readAll(files);
    const { files: written, pathOf, losses } = await writeAll(read, files, format);
    const isFolders = format === 'yolo' && read.taskType === 'image_classification';
    const again = await readAll(written, { formatHint: isFolders ? 'imagefolder' : format });
    const concerned = new Set(losses.flatMap(({ examples }) => examples));
    const whole = new Map([...read.images].filter(([path]) => !concerned.has(path) && pathOf.has(path)));
    const [before, after] = [contentOf({ ...read, images: whole }, pathOf), contentOf(again)];
    for (const path of Object.keys(before)) expect(differenceOf(before[path], after[path], path)).toBeNull();
  });
});
