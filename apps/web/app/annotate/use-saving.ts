import { errorOf } from '@granary/client/errors';
import { useEffect, useState } from 'react';
import { trpc } from '~/trpc';
import { replaced } from './commands';
import { newKey } from './editor';
import type { Label } from './label';
import { type ImageServer, type Present, type Saver, type SavingStatus, saverOf } from './saver';
import type { EditorStore } from './store';
import { imagesWaiting, roomOf, takeWaiting } from './waiting-room';

/** How often one looks for what others have done. */
const LOOK_MS = 15_000;

/** Of the images that were opened since the page was loaded: what is on its way is not begun anew. */
const savers = new Map<string, Saver>();

const serverOf = (id: string, fileId: number): ImageServer => ({
  load: () => trpc.images.editing.query({ id, fileId }),
  save: (edit) => trpc.images.saveAnnotations.mutate({ id, fileId, ...edit }),
  errorOf,
});

/** The saver of an image, with what waited for it in this browser. */
export async function openSaver(datasetId: string, fileId: number, present: Present): Promise<Saver> {
  const name = `${datasetId}/${fileId}`;
  const known = savers.get(name);
  if (known) {
    void known.refresh().catch(() => {});
    return known;
  }
  const server = serverOf(datasetId, fileId);
  const waiting = await takeWaiting(datasetId, fileId).catch(() => null);
  const opened = savers.get(name) ?? saverOf(present, { server, room: roomOf(datasetId, fileId), newKey }, waiting);
  savers.set(name, opened);
  return opened;
}

/** Sends what waits for other images in this browser; answers how many they were. */
export async function sendWaiting(besides: number): Promise<number> {
  let count = 0;
  for (const { datasetId, fileId } of await imagesWaiting(besides)) {
    const saver = await openSaver(datasetId, fileId, await serverOf(datasetId, fileId).load());
    await saver.flush();
    count++;
  }
  return count;
}

/** Keeps an editor and its saver in step. */
export function useSaving(store: EditorStore, saver: Saver | null, onOthers: () => void) {
  const [status, setStatus] = useState<SavingStatus>({ kind: 'saved' });
  const [state, setState] = useState<Present['state'] | null>(saver?.state() ?? null);
  useEffect(() => {
    if (!saver) return;
    let labels: readonly Label[] = saver.labels();
    store.run((editor) => replaced(editor, { labels, conflicts: [] }));
    setState(saver.state());
    saver.listen({
      onMerged(merged) {
        ({ labels } = merged);
        const isNews = merged.labels.length !== store.getState().edited.labels.length || merged.conflicts.length > 0;
        store.run((editor) => replaced(editor, merged));
        if (isNews) onOthers();
      },
      onStatus: setStatus,
      onState: setState,
    });
    const leave = store.subscribe(({ edited }) => {
      if (edited.labels === labels) return;
      labels = edited.labels;
      saver.change(labels);
    });
    const look = () => {
      if (document.visibilityState === 'visible') void saver.refresh().catch(() => {});
      else void saver.flush();
    };
    const back = () => void saver.flush();
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener('visibilitychange', look);
    window.addEventListener('online', back);
    return () => {
      leave();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('online', back);
      saver.listen(null);
      void saver.flush();
    };
  }, [store, saver, onOthers]);
  return { status, state };
}
