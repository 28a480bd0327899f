import { createStore, del, entries, get, set, type UseStore } from 'idb-keyval';
import type { Waiting, WaitingRoom } from './saver';

interface Kept extends Waiting {
  /** The tab that keeps it; another one takes it over once that is gone. */
  readonly tab: string;
  readonly at: number;
}

/** A tab says so often that it is still there. */
const BEAT_MS = 10_000;
const GONE_MS = 3 * BEAT_MS;

let opened: UseStore | null = null;
const store = (): UseStore => {
  opened ??= createStore('granary-annotate', 'waiting');
  return opened;
};

/** The same after a reload, another one in every tab. */
function tabName(): string {
  const KEY = 'granary.tab';
  const known = sessionStorage.getItem(KEY);
  if (known) return known;
  const name = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  sessionStorage.setItem(KEY, name);
  return name;
}

const keyOf = (datasetId: string, fileId: number, tab: string): string => `${datasetId}/${fileId}/${tab}`;

/** Keeps in this browser what an image waits to be saved of. */
export function roomOf(datasetId: string, fileId: number): WaitingRoom {
  const tab = tabName();
  const key = keyOf(datasetId, fileId, tab);
  let beat: ReturnType<typeof setInterval> | undefined;
  let last: Waiting | null = null;
  const write = () => (last ? set(key, { ...last, tab, at: Date.now() } satisfies Kept, store()) : Promise.resolve());
  return {
    async keep(waiting) {
      last = waiting;
      beat ??= setInterval(() => void write().catch(() => {}), BEAT_MS);
      await write();
    },
    async clear() {
      last = null;
      clearInterval(beat);
      beat = undefined;
      await del(key, store());
    },
  };
}

/** What waits for an image from before this page was loaded: of this tab, or else of one that is gone, which becomes this one's. */
export async function takeWaiting(datasetId: string, fileId: number): Promise<Waiting | null> {
  const tab = tabName();
  const ownKey = keyOf(datasetId, fileId, tab);
  const own = await get<Kept>(ownKey, store());
  if (own) return own;
  for (const [key, kept] of await entries<string, Kept>(store())) {
    if (!key.startsWith(`${datasetId}/${fileId}/`) || Date.now() - kept.at < GONE_MS) continue;
    // It is in one of both places at any moment.
    await set(ownKey, { ...kept, tab, at: Date.now() } satisfies Kept, store());
    await del(key, store());
    return kept;
  }
  return null;
}

/** The other images for which something waits that no open tab sends. */
export async function imagesWaiting(besides: number): Promise<{ datasetId: string; fileId: number }[]> {
  const tab = tabName();
  const found = new Map<string, { datasetId: string; fileId: number }>();
  for (const [key, kept] of await entries<string, Kept>(store())) {
    const [datasetId = '', file = ''] = key.split('/');
    const fileId = Number(file);
    if (fileId === besides || (kept.tab !== tab && Date.now() - kept.at < GONE_MS)) continue;
    found.set(`${datasetId}/${file}`, { datasetId, fileId });
  }
  return [...found.values()];
}
