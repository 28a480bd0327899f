import { type CardCsv, configsOf, layoutOf, type TableKind, type TableLayout } from '@granary/formats';
import { isMissing } from './errors.ts';
import { type DatasetInfo, type Hub, type HubFile, type ParquetListing, PUBLIC_HUB } from './hub.ts';

export interface PlannedSplit {
  subset: string;
  split: string;
  kind: TableKind;
  files: HubFile[];
  /** What the card says of its CSV files. */
  csv?: CardCsv;
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
  /** Files that may hold rows and are not read, and patterns of the card that no file fits. */
  left: Pick<TableLayout, 'unread' | 'unmatched'>;
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
    return { info, commit, splits, isConverted: true, left: NOTHING };
  }
  const files = await hub.tree(repoId, commit);
  const own = ownSplits(files, info);
  if (own.splits.length > 0) return { info, commit, ...own, isConverted: false };
  if (listing) {
    return { info, commit, splits: await convertedSplits(hub, repoId, listing), isConverted: true, left: NOTHING };
  }
  throw new PlanError('hub_no_data', `${repoId} ${whatInstead(files, own.left)}`);
}

const NOTHING: Plan['left'] = { unread: [], unmatched: [] };

/** What a repository has instead of rows, and what to do. */
function whatInstead(files: readonly HubFile[], { unmatched }: Plan['left']): string {
  if (unmatched.length > 0)
    return `has a dataset card whose patterns match no file: ${named(unmatched.slice(0, 5))}. Ask its author to correct the card, or name another revision.`;
  const having = (ending: RegExp) => files.find(({ path }) => ending.test(path))?.path;
  const tar = having(/\.(tar|tar\.gz|tgz)$/i);
  if (tar)
    return `has tar archives only, as WebDataset has them (${tar}). Download them, and upload them here: Granary unpacks them.`;
  const archive = having(/\.(zip|7z|rar)$/i);
  if (archive)
    return `has its data in an archive (${archive}). Download it, and upload it here: Granary unpacks zip files.`;
  const script = having(/\.py$/i);
  if (script)
    return `has a loading script only (${script}), which Granary does not run. Load it with the datasets library, save it with to_parquet, and upload the files.`;
  return 'has no files with rows that Granary can read (Parquet, JSON Lines, CSV, Arrow, text). To bring a dataset of images, download it and upload it as a folder.';
}

const named = (names: Iterable<string>): string => [...new Set(names)].map((name) => `"${name}"`).join(', ');

/** The splits that were asked for: of all subsets and splits when none was named. @throws PlanError */
export function chosenSplits(plan: Plan, repoId: string, subset: string | null, split: string | null): PlannedSplit[] {
  const ofSubset = plan.splits.filter((known) => subset === null || known.subset === subset);
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

/** The dataset's own files in subsets and splits: as its card says, or by their names. */
function ownSplits(files: readonly HubFile[], info: DatasetInfo): Pick<Plan, 'splits' | 'left'> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const configs = configsOf(info.cardData) ?? [];
  const { splits, unread, unmatched } = layoutOf([...byPath.keys()], { configs, hasSubsets: true });
  return {
    splits: splits.map(({ paths, ...split }) => ({ ...split, files: paths.flatMap((path) => byPath.get(path) ?? []) })),
    left: { unread, unmatched },
  };
}
