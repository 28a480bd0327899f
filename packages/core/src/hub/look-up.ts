import { Hub, HubError, licenseOfCard, type Plan, planOf } from '@granary/hub';
import type { z } from 'zod';
import type { SignedInContext } from '../base/context.ts';
import { licenseOf } from '../datasets/license.ts';
import { throwFromHub } from '../errors/from-hub.ts';
import type { hubInfo } from './schemas.ts';

const PATIENCE_MS = 45_000;
const LISTED_FILES = 100;

interface Sought {
  repoId: string;
  revision?: string | null | undefined;
  accessToken?: string | null | undefined;
}

/** What the Hub has under a name, before anything is downloaded. @throws AppError, the `hub_` ones */
export async function lookUp(
  { hub: settings }: SignedInContext,
  { repoId, revision = null, accessToken = null }: Sought,
): Promise<z.infer<typeof hubInfo>> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const hub = new Hub({ endpoint: settings.HF_ENDPOINT, token: accessToken, signal, retries: 1 });
  try {
    return { ...viewOf(hub, repoId, await planOf(hub, repoId, revision)), access: null };
  } catch (error) {
    // Everyone can see what a gated dataset is, if not its content.
    if (error instanceof HubError && error.code === 'hub_gated') {
      const info = await hub.info(repoId, revision).catch(throwFromHub);
      const none = {
        info,
        commit: info.sha ?? '',
        splits: [],
        isConverted: false,
        left: { unread: [], unmatched: [] },
      };
      return { ...viewOf(hub, repoId, none), access: { code: error.code, message: error.message } };
    }
    return throwFromHub(error);
  }
}

function viewOf(
  hub: Hub,
  repoId: string,
  { info, commit, splits, isConverted }: Plan,
): Omit<z.infer<typeof hubInfo>, 'access'> {
  const sized = splits.map((split) => ({
    ...split,
    sizeBytes: split.files.reduce((sum, file) => sum + file.sizeBytes, 0),
  }));
  return {
    repoId,
    commit,
    isConverted,
    url: hub.page(repoId),
    description: info.description?.trim() ?? '',
    license: licenseOf(licenseOfCard(info)),
    gated: info.gated === false ? 'no' : info.gated,
    private: info.private,
    downloads: info.downloads ?? null,
    lastModified: info.lastModified ?? null,
    sizeBytes: sized.reduce((sum, split) => sum + split.sizeBytes, 0),
    subsets: [...Map.groupBy(sized, ({ subset }) => subset)].map(([name, ofSubset]) => ({
      name,
      splits: ofSubset.map(({ split, kind, sizeBytes, files }) => ({
        name: split,
        kind,
        sizeBytes,
        numFiles: files.length,
        files: files.slice(0, LISTED_FILES).map((file) => ({ path: file.path, sizeBytes: file.sizeBytes })),
      })),
    })),
  };
}
