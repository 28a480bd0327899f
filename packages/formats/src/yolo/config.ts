import { parseDocument } from 'yaml';
import { z } from 'zod';
import { isTooDeep, TOO_DEEP } from '../json/parse.ts';
import { sayProblem } from '../json/say.ts';
import { describingFiles, type Listing } from '../listing.ts';
import { baseName, extensionOf, folderOf, splitName } from '../paths.ts';
import type { ReportBuilder } from '../report.ts';
import type { DatasetSource, FileEntry } from '../source.ts';
import { isTask, MAX_CLASSES, type YoloTask } from './lines.ts';

/** What a `data.yaml`, or Darknet's `obj.data`, says. */
export interface YoloConfig {
  path: string;
  /** Class names by number; null when there are none. */
  names: string[] | null;
  /** The file that the names stand in, where it is another one. */
  namesPath: string | null;
  /** Where the file says that the images of a split are: folders, or lists of images; may be nowhere. */
  places: { split: string; value: string }[];
  /** What the labels are, where the file says so: Granary's own writer does, Ultralytics asks for it when training. */
  task: YoloTask | null;
  /** How many key points an object has, and how many numbers each (2 or 3); null unless it is a pose dataset. */
  keypointShape: [count: number, dimensions: number] | null;
  /** All that the file says, for the writer. */
  members: Record<string, unknown>;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const dataYaml = z.looseObject({
  names: z.union([z.string(), z.array(scalar), z.record(z.string(), scalar)]).nullish(),
  nc: z.number().int().nullish(),
  path: z.string().nullish(),
  task: z.unknown().optional(),
  kpt_shape: z.tuple([z.number().int().positive(), z.number().int().min(2).max(3)]).nullish(),
});

/** All configurations that name classes or splits, the nearest to the top first; lists of names where none of them has names. */
export async function readConfigs(
  source: DatasetSource,
  listing: Listing,
  report?: ReportBuilder,
): Promise<YoloConfig[]> {
  const configs: YoloConfig[] = [];
  const files = byDepth(describingFiles(listing, /\.(ya?ml|data)$/i));
  for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
    const part = files.slice(at, at + FILES_AT_ONCE);
    const texts = await source.texts(part.map(({ path }) => path));
    for (const { path } of part) {
      const text = texts.get(path) ?? null;
      const config =
        extensionOf(path) === 'data'
          ? await darknetConfig(source, listing, path, text)
          : await yamlConfig(source, listing, path, text, report);
      if (config) configs.push(config);
    }
  }
  if (configs.some(({ names }) => names?.length)) return configs;
  return [...configs, ...(await bareNames(source, listing))];
}

const FILES_AT_ONCE = 100;

const byDepth = (files: readonly FileEntry[]): FileEntry[] =>
  [...files].sort((a, b) => a.path.split('/').length - b.path.split('/').length);

async function yamlConfig(
  source: DatasetSource,
  listing: Listing,
  path: string,
  text: string | null,
  report: ReportBuilder | undefined,
): Promise<YoloConfig | null> {
  if (text === null) {
    report?.add('config_unreadable', { path, detail: 'not UTF-8 text, or too long' });
    return null;
  }
  let yaml: unknown;
  try {
    const document = parseDocument(text, { schema: 'core', customTags: [], logLevel: 'error' });
    const [wrong] = [...document.errors, ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')];
    if (wrong) throw wrong;
    yaml = document.toJS({ maxAliasCount: 100 });
    if (isTooDeep(yaml)) throw new Error(TOO_DEEP);
  } catch (error) {
    report?.add('config_unreadable', { path, detail: (error as Error).message.split('\n')[0] ?? 'not YAML' });
    return null;
  }
  const parsed = dataYaml.safeParse(yaml);
  if (!parsed.success) {
    report?.add('config_unreadable', { path, detail: sayProblem(parsed.error, 'not a description of a dataset') });
    return null;
  }
  const { names: stated, nc, kpt_shape, task } = parsed.data;
  const listed = typeof stated === 'string' ? await namesFrom(source, listing, path, stated) : null;
  const names = typeof stated === 'string' ? (listed?.names ?? null) : namesOf(stated ?? []);
  if (names === null)
    report?.add('config_unreadable', { path, detail: 'names: class numbers are missing or too high' });
  const places = placesOf(parsed.data);
  if (!names?.length && places.length === 0) return null;
  if (names?.length && typeof nc === 'number' && nc !== names.length) {
    report?.add('class_count_mismatch', { path, detail: `nc is ${nc}, names has ${names.length}` });
  }
  return {
    path,
    names,
    namesPath: listed?.path ?? null,
    places,
    task: isTask(task) ? task : null,
    keypointShape: kpt_shape ?? null,
    members: parsed.data,
  };
}

/** Darknet's `obj.data`: lines of `key = value` (https://github.com/AlexeyAB/darknet#how-to-train-to-detect-your-custom-objects). */
async function darknetConfig(
  source: DatasetSource,
  listing: Listing,
  path: string,
  text: string | null,
): Promise<YoloConfig | null> {
  const members: Record<string, string> = {};
  for (const line of text?.split(/\r\n|\n|\r/) ?? []) {
    const [, key, value] = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key && value) members[key] = value;
  }
  if (!members.names && !members.train) return null;
  const listed = members.names ? await namesFrom(source, listing, path, members.names) : null;
  const places = ['train', 'valid', 'test'].flatMap((key) => {
    const value = members[key];
    return value ? [{ split: splitName(key) ?? key, value }] : [];
  });
  const [names, namesPath] = [listed?.names ?? null, listed?.path ?? null];
  return { path, names, namesPath, places, task: null, keypointShape: null, members };
}

/** `obj.names` or `classes.txt` without anything that points to it. */
async function bareNames(source: DatasetSource, listing: Listing): Promise<YoloConfig[]> {
  const files = byDepth(
    describingFiles(listing, /(^|\/)((classes|obj|labels|predefined_classes)\.(names|txt)|[^/]+\.names)$/i),
  ).filter(({ path }) => !/(^|\/)labels\/.*labels\.txt$/i.test(path));
  const configs: YoloConfig[] = [];
  for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
    const part = files.slice(at, at + FILES_AT_ONCE).map(({ path }) => path);
    const texts = await source.texts(part);
    for (const path of part) {
      const names = linesIn(texts.get(path) ?? null);
      if (names.length === 0 || names.length > MAX_CLASSES || names.some(isLabelLine)) continue;
      configs.push({ path, names, namesPath: null, places: [], task: null, keypointShape: null, members: {} });
    }
  }
  return configs;
}

const isLabelLine = (line: string): boolean => /^\d+(\s+[\d.eE+-]+){4,}$/.test(line);

/** The names file that a configuration points to: its path may be one of the machine that it comes from. */
async function namesFrom(
  source: DatasetSource,
  listing: Listing,
  from: string,
  stated: string,
): Promise<{ path: string; names: string[] } | null> {
  const name = tidy(stated);
  const elsewhere = listing.describing.filter(({ path }) => baseName(path) === baseName(name)).map(({ path }) => path);
  const candidates = [...candidatesOf(from, name), ...elsewhere];
  const texts = await source.texts(candidates);
  const path = candidates.find((candidate) => texts.has(candidate));
  if (path === undefined) return null;
  const names = linesIn(texts.get(path) ?? null);
  return names.length > 0 && names.length <= MAX_CLASSES ? { path, names } : null;
}

const linesIn = (text: string | null): string[] =>
  (text ?? '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A list, or a map from class number to name; null when the numbers make no list. */
function namesOf(names: readonly string[] | Record<string, string>): string[] | null {
  if (Array.isArray(names)) return names.length <= MAX_CLASSES ? names : null;
  const list: string[] = [];
  for (const [key, name] of Object.entries(names)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index >= MAX_CLASSES) return null;
    list[index] = name;
  }
  return Array.from(list, (name, index) => name ?? `class_${index}`);
}

/** Folders and list files named under train, val and test; as they stand, and below `path`. */
function placesOf(data: z.infer<typeof dataYaml>): YoloConfig['places'] {
  const root = data.path ? tidy(data.path) : '';
  return Object.entries(data).flatMap(([key, value]) => {
    const split = splitName(key);
    if (!split) return [];
    const places = (Array.isArray(value) ? value : [value]).filter((place) => typeof place === 'string');
    return places
      .map(tidy)
      .filter((place) => place !== '')
      .flatMap((place) => [...(root ? [{ split, value: `${root}/${place}` }] : []), { split, value: place }]);
  });
}

/** Relative, with slashes, without `./` and `../` in front and a slash at the end. */
const tidy = (place: string): string =>
  place
    .replaceAll('\\', '/')
    .replace(/^(\.{0,2}\/)+/, '')
    .replace(/^\.{1,2}$/, '')
    .replace(/\/+$/, '');

/** Where a path that a configuration states may be, the likeliest first: from the configuration's folder, from the top. */
export function candidatesOf(configPath: string, value: string): string[] {
  const folder = folderOf(configPath);
  const segments = value.split('/');
  const shorter = segments.map((_, i) => segments.slice(i).join('/')).slice(0, 6);
  return [...new Set(shorter.flatMap((path) => [`${folder}${path}`, path]))];
}
