import { DEFAULT_SUBSET, type TableKind, tableKindOf, tableSplitOf } from '@granary/formats';
import picomatch from 'picomatch';
import { z } from 'zod';
import { isMissing } from './errors.ts';
import { type DatasetInfo, type Hub, type HubFile, type ParquetListing, PUBLIC_HUB } from './hub.ts';

export interface PlannedSplit {
  subset: string;
  split: string;
  kind: TableKind;
  files: HubFile[];
}

/** What a dataset of the Hub has to download. */
export interface Plan {
  info: DatasetInfo;
  /** The commit that everything is of. */
  commit: string;
  /** Every split there is, whatever is asked for. */
  splits: PlannedSplit[];
  /** Whether the files are those that the Hub has made, rather than the dataset's own. */
  isConverted: boolean;
}

/** What is asked for is not among what there is. */
export class PlanError extends Error {
  override name = 'PlanError';
  readonly code: 'hub_subset_unknown' | 'hub_split_unknown' | 'hub_no_data';
  constructor(code: PlanError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Finds out what there is to download. The parquet files that the Hub makes of the newest commit are taken where they are
 * complete: it stops at the first 5 GB. Otherwise, and for any other revision, the dataset's own files, put into subsets
 * and splits by its card or by their names.
 *
 * @throws HubError
 * @throws PlanError `hub_no_data`
 */
export async function planOf(hub: Hub, repoId: string, revision: string | null): Promise<Plan> {
  const info = await hub.info(repoId, revision);
  const commit = info.sha ?? revision ?? 'main';
  const isNewest = revision === null || revision === 'main';
  const listing = isNewest ? await hub.parquetListing(repoId) : null;
  if (listing && !isPartial(listing)) {
    const splits = await convertedSplits(hub, repoId, listing);
    return { info, commit, splits, isConverted: true };
  }
  const splits = ownSplits(await hub.tree(repoId, commit), info);
  if (splits.length > 0) return { info, commit, splits, isConverted: false };
  if (listing) return { info, commit, splits: await convertedSplits(hub, repoId, listing), isConverted: true };
  throw new PlanError(
    'hub_no_data',
    `${repoId} has no files with rows that Granary can read (Parquet, JSON Lines, CSV, Arrow, text). To bring a dataset of images, download it and upload it as a folder.`,
  );
}

/** The splits that were asked for: of all subsets and splits when none was named. @throws PlanError */
export function chosenSplits(plan: Plan, repoId: string, subset: string | null, split: string | null): PlannedSplit[] {
  const ofSubset = plan.splits.filter((known) => subset === null || known.subset === subset);
  const named = (names: Iterable<string>) => [...new Set(names)].map((name) => `"${name}"`).join(', ');
  if (ofSubset.length === 0) {
    throw new PlanError(
      'hub_subset_unknown',
      `${repoId} has no subset "${subset}". It has ${named(plan.splits.map((known) => known.subset))}.`,
    );
  }
  const chosen = ofSubset.filter((known) => split === null || known.split === split);
  if (chosen.length === 0) {
    throw new PlanError(
      'hub_split_unknown',
      `${subset === null ? repoId : `The subset "${subset}" of ${repoId}`} has no split "${split}". It has ${named(ofSubset.map((known) => known.split))}.`,
    );
  }
  return chosen;
}

const isPartial = (listing: ParquetListing): boolean =>
  Object.values(listing).some((splits) =>
    Object.values(splits).some((urls) => urls.some((url) => url.includes('/partial-'))),
  );

/** More files than these are not asked about one by one. */
const FEW_FILES = 24;
const CONVERTED = 'refs/convert/parquet';

async function convertedSplits(hub: Hub, repoId: string, listing: ParquetListing): Promise<PlannedSplit[]> {
  const all = Object.entries(listing).flatMap(([subset, splits]) =>
    Object.entries(splits).map(([split, urls]) => ({ subset, split, urls })),
  );
  const numFiles = all.reduce((sum, { urls }) => sum + urls.length, 0);
  const byPath = numFiles > FEW_FILES ? await convertedTree(hub, repoId) : null;
  const planned: PlannedSplit[] = [];
  for (const { subset, split, urls } of all) {
    const files: HubFile[] = [];
    for (const [i, url] of urls.entries()) {
      const path = `${subset}/${split}/${String(i).padStart(4, '0')}.parquet`;
      files.push(byPath?.get(path) ?? (await hub.describe(repoId, path, url.replace(PUBLIC_HUB, hub.endpoint))));
    }
    planned.push({ subset, split, kind: 'parquet', files });
  }
  return planned;
}

/** The branch of the parquet files at its commit of now; null where a mirror has no such branch. @throws HubError */
async function convertedTree(hub: Hub, repoId: string): Promise<Map<string, HubFile> | null> {
  const info = await hub.info(repoId, CONVERTED).catch((error) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (!info?.sha) return null;
  return new Map((await hub.tree(repoId, info.sha)).map((file) => [file.path, file]));
}

const paths = z.union([z.string().transform((path) => [path]), z.array(z.string())]);

/** `configs` of a dataset card: https://huggingface.co/docs/hub/datasets-manual-configuration */
const cardConfigs = z.array(
  z.looseObject({
    config_name: z.coerce.string().default(DEFAULT_SUBSET),
    data_dir: z.string().optional(),
    data_files: z
      .union([
        z.array(z.object({ split: z.coerce.string(), path: paths })),
        paths.transform((path) => [{ split: null, path }]),
      ])
      .optional(),
  }),
);

/** The dataset's own files in subsets and splits: as its card says, or by their names. */
function ownSplits(files: readonly HubFile[], info: DatasetInfo): PlannedSplit[] {
  const data = files.filter(({ path }) => isData(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const configs = cardConfigs.safeParse(info.cardData?.configs).data ?? [];
  const stated = configs.flatMap(({ config_name: subset, data_dir: folder = '', data_files: stated }) => {
    const prefix = folder.replace(/^\.?\/|\/$/g, '');
    const inFolder = data.filter(({ path }) => prefix === '' || path.startsWith(`${prefix}/`));
    if (!stated) return byNames(inFolder, subset);
    return stated.flatMap(({ split, path }) => {
      const isMatch = picomatch(
        path.map((pattern) => (prefix ? `${prefix}/${pattern}` : pattern.replace(/^\.?\//, ''))),
      );
      const matched = data.filter((file) => isMatch(file.path));
      return split === null ? byNames(matched, subset) : ofOneKind(matched, subset, split);
    });
  });
  if (stated.length > 0) return stated;
  const byFolder = subsetsOf(data);
  return byFolder ?? byNames(data, DEFAULT_SUBSET);
}

const isData = (path: string): boolean =>
  tableKindOf(path) !== null &&
  !/(^|\/)(\.|dataset_infos\.json$|dataset_dict\.json$|dataset_info\.json$|state\.json$|license|readme|requirements\.txt$)/i.test(
    path,
  );

/** Folders at the top, each of which has the same names of splits, are subsets. */
function subsetsOf(files: readonly HubFile[]): PlannedSplit[] | null {
  const folders = Map.groupBy(files, ({ path }) => (path.includes('/') ? (path.split('/')[0] ?? '') : ''));
  if (folders.has('') || folders.size === 0 || (folders.size === 1 && folders.has('data'))) return null;
  if ([...folders.keys()].some((folder) => tableSplitOf(`${folder}/x`) !== null)) return null;
  return [...folders].flatMap(([folder, inside]) => byNames(inside, folder));
}

/** Where some files name a split, those that name none belong to none. */
function byNames(files: readonly HubFile[], subset: string): PlannedSplit[] {
  const splits = Map.groupBy(files, ({ path }) => tableSplitOf(path));
  const named = [...splits].filter((entry): entry is [string, HubFile[]] => entry[0] !== null);
  if (named.length === 0) return ofOneKind(files, subset, 'train');
  return named.flatMap(([split, ofSplit]) => ofOneKind(ofSplit, subset, split));
}

/** Of files of several kinds those of the kind that comes most often. */
function ofOneKind(files: readonly HubFile[], subset: string, split: string): PlannedSplit[] {
  const kinds = Map.groupBy(files, ({ path }) => tableKindOf(path));
  const [kind, chosen] = [...kinds].sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
  return kind && chosen ? [{ subset, split, kind, files: [...chosen] }] : [];
}
