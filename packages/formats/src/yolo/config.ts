import { parse } from 'yaml';
import { z } from 'zod';
import type { Listing } from '../listing.ts';
import { folderOf, splitName } from '../paths.ts';
import type { ReportBuilder } from '../report.ts';
import type { DatasetSource } from '../source.ts';

/** What a `data.yaml` says: class names by number, and folders by split. */
export interface YoloConfig {
  path: string;
  names: string[];
  folders: { folder: string; split: string }[];
}

const MAX_CLASSES = 100_000;

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const dataYaml = z.looseObject({
  names: z.union([z.array(scalar), z.record(z.string(), scalar)]).optional(),
  nc: z.number().int().optional(),
  path: z.string().nullish(),
});

/** The configuration nearest to the top that names classes or splits; null when there is none. */
export async function readConfig(
  source: DatasetSource,
  listing: Listing,
  report?: ReportBuilder,
): Promise<YoloConfig | null> {
  const byDepth = [...listing.yamlFiles].sort((a, b) => a.path.split('/').length - b.path.split('/').length);
  for (const { path } of byDepth.slice(0, 20)) {
    const text = (await source.texts([path])).get(path);
    const config = parseConfig(path, text ?? null, report);
    if (config) return config;
  }
  return null;
}

function parseConfig(path: string, text: string | null, report: ReportBuilder | undefined): YoloConfig | null {
  if (text === null) {
    report?.add('config_unreadable', { path, detail: 'not UTF-8 text, or too long' });
    return null;
  }
  let yaml: unknown;
  try {
    yaml = parse(text, { maxAliasCount: 100, schema: 'core', customTags: [], logLevel: 'error' });
  } catch (error) {
    report?.add('config_unreadable', { path, detail: (error as Error).message.split('\n')[0] ?? 'not YAML' });
    return null;
  }
  const parsed = dataYaml.safeParse(yaml);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    report?.add('config_unreadable', { path, detail: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
    return null;
  }
  const names = namesOf(parsed.data.names);
  const folders = foldersOf(path, parsed.data);
  if (names === null)
    report?.add('config_unreadable', { path, detail: 'names: class numbers are missing or too high' });
  if (!names?.length && folders.length === 0) return null;
  if (names && parsed.data.nc !== undefined && parsed.data.nc !== names.length) {
    report?.add('class_count_mismatch', { path, detail: `nc is ${parsed.data.nc}, names has ${names.length}` });
  }
  return { path, names: names ?? [], folders };
}

/** A list, or a map from class number to name; null when the numbers make no list. */
function namesOf(names: z.infer<typeof dataYaml>['names']): string[] | null {
  if (names === undefined || Array.isArray(names)) return names ?? [];
  const list: string[] = [];
  for (const [key, name] of Object.entries(names)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index >= MAX_CLASSES) return null;
    list[index] = name;
  }
  return Array.from(list, (name, index) => name ?? `class_${index}`);
}

/** Folders named under train, val and test, relative to the configuration; list files and globs are left to folder names. */
function foldersOf(path: string, data: Record<string, unknown>): { folder: string; split: string }[] {
  const root = folderOf(path);
  return Object.entries(data).flatMap(([key, value]) => {
    const split = splitName(key);
    if (!split) return [];
    const places = (Array.isArray(value) ? value : [value]).filter((place) => typeof place === 'string');
    return places
      .map((place) =>
        place
          .replaceAll('\\', '/')
          .replace(/^(\.{0,2}\/)+/, '')
          .replace(/\/+$/, ''),
      )
      .filter((place) => place !== '' && !place.endsWith('.txt') && !place.includes('*'))
      .map((place) => ({ folder: `${root}${place}/`, split }));
  });
}
