import type { ErrorBody, SavedAnnotation } from '@granary/client';
import { contentOf, contentOfLabel, isSame, type Label, type StoredAnnotation } from './label';
import { type Conflict, type Merged, merged, type Stored } from './merge';

export const IMAGE_STATES = [
  'not_started',
  'in_progress',
  'completed',
  'needs_review',
  'accepted',
  'rejected',
] as const;
export type GivenState = (typeof IMAGE_STATES)[number];

/** The annotations of an image as the server answers them. */
export interface Present {
  readonly etag: string;
  readonly state: GivenState | 'labels_lost';
  readonly annotations: readonly StoredAnnotation[];
}

/** The server, as far as one image goes. */
export interface ImageServer {
  load(): Promise<Present>;
  save(edit: { basedOn: string; annotations: SavedAnnotation[]; state?: GivenState }): Promise<Present>;
  /** What the server said of a call that failed; null when it was not reached. */
  errorOf(thrown: unknown): (ErrorBody & { present?: unknown }) | null;
}

/** What waits in this browser for an image. */
export interface Waiting {
  readonly etag: string;
  readonly stored: readonly StoredAnnotation[];
  readonly labels: readonly Label[];
  readonly ids: readonly (readonly [string, number])[];
  readonly sent: readonly Label[];
  readonly state: GivenState | null;
}

/** Where it waits: what is kept there outlives the page. */
export interface WaitingRoom {
  keep(waiting: Waiting): Promise<void>;
  clear(): Promise<void>;
}

export type SavingStatus =
  | { readonly kind: 'saved' | 'saving' | 'waiting' }
  | {
      readonly kind: 'refused';
      readonly error: Pick<ErrorBody, 'message' | 'hint' | 'issues'> & { readonly code: string };
    };

export interface Listener {
  /** Labels that came from elsewhere, or that the server has made a little different. */
  onMerged(merged: Merged): void;
  onStatus(status: SavingStatus): void;
  onState(state: Present['state']): void;
}

export interface Saver {
  labels(): readonly Label[];
  state(): Present['state'];
  change(labels: readonly Label[]): void;
  changeState(state: GivenState): void;
  /** Sends at once what waits. */
  flush(): Promise<void>;
  /** Asks what others have done meanwhile. */
  refresh(): Promise<void>;
  /** Who is told from now on; null for nobody. */
  listen(listener: Listener | null): void;
}

/** What one draws in one go is sent as one. */
const PAUSE_MS = 600;
const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 30_000;
const MOST_MERGES = 20;
/** These are over some time, unlike a mistake in what was sent. */
const PASSING = new Set(['unavailable', 'busy', 'too_many_requests', 'internal', 'not_signed_in', 'timeout']);

/**
 * Keeps the labels of an image in step with the server: what is changed is kept in the browser at once and sent after a pause,
 * based on what was read. Where somebody else was faster, both are merged and sent again; what cannot be sent waits.
 */
export function saverOf(
  present: Present,
  { server, room, newKey }: { server: ImageServer; room: WaitingRoom; newKey: () => string },
  waiting: Waiting | null = null,
): Saver {
  let { etag, stored, base } = readPresent(
    waiting ? { ...present, etag: waiting.etag, annotations: waiting.stored } : present,
  );
  let state = present.state;
  let labels: readonly Label[] = waiting?.labels ?? base.map(({ id, ...content }) => ({ ...content, key: `s${id}` }));
  let ids: ReadonlyMap<string, number> = new Map(waiting?.ids ?? base.map(({ id }) => [`s${id}`, id]));
  let sent: readonly Label[] = waiting?.sent ?? [];
  let newState: GivenState | null = waiting?.state ?? null;
  let listener: Listener | null = null;
  /** What was found while nobody listened. */
  let unheard: readonly Conflict[] = [];
  let status: SavingStatus = { kind: 'saved' };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = FIRST_RETRY_MS;
  let sending: Promise<void> | null = null;
  /** Grows with every answer, so that what was asked for before it is not taken for news. */
  let answers = 0;

  const tell = (next: SavingStatus) => {
    status = next;
    listener?.onStatus(next);
  };
  const isDirty = () => newState !== null || !isStored(labels, base, ids);
  const keep = () => room.keep({ etag, stored, labels, ids: [...ids], sent, state: newState }).catch(() => {});
  const schedule = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void send(), ms);
  };

  const meet = (now: Present) => {
    const theirs = readPresent(now);
    const result = merged({ base, mine: labels, ids, theirs: theirs.base, sent }, newKey);
    ({ etag, stored, base } = theirs);
    ({ labels, ids } = result);
    sent = [];
    state = now.state;
    if (!listener) unheard = [...unheard, ...result.conflicts];
    listener?.onMerged(result);
    listener?.onState(newState ?? state);
  };

  const accept = (answer: Present, drawn: readonly Label[]) => {
    ({ etag, stored, base } = readPresent(answer));
    sent = [];
    state = answer.state;
    const byId = new Map(base.map((annotation) => [annotation.id, annotation]));
    const known = new Map<string, number>();
    const made = new Map<Label, Label>();
    // What was sent is answered in its order.
    for (const [i, label] of drawn.entries()) {
      const id = answer.annotations[i]?.id;
      const annotation = id === undefined ? undefined : byId.get(id);
      if (!annotation) continue;
      known.set(label.key, annotation.id);
      const { id: _, ...content } = annotation;
      if (!isSame(content, contentOfLabel(label))) made.set(label, { ...content, key: label.key });
    }
    ids = known;
    if (made.size > 0) {
      labels = labels.map((label) => made.get(label) ?? label);
      listener?.onMerged({ labels, ids, conflicts: [] });
    }
    listener?.onState(newState ?? state);
  };

  const sendOnce = async (): Promise<'sent' | 'again' | 'stopped'> => {
    const drawn = labels;
    const given = newState;
    if (!isUnderstood({ annotations: stored })) {
      // A save would take away what is not understood here.
      tell({ kind: 'refused', error: { code: 'not_editable', message: '' } });
      return 'stopped';
    }
    const known = new Set(base.map(({ id }) => id));
    sent = drawn.filter(({ key }) => !known.has(ids.get(key) ?? -1));
    await keep();
    try {
      const annotations = drawn.map((label): SavedAnnotation => {
        const id = ids.get(label.key);
        return { ...contentOfLabel(label), ...(id !== undefined && known.has(id) ? { id } : {}) };
      });
      const answer = await server.save({
        basedOn: etag,
        annotations,
        ...(given ? { state: given } : {}),
      });
      answers++;
      if (newState === given) newState = null;
      accept(answer, drawn);
      return 'sent';
    } catch (thrown) {
      const error = server.errorOf(thrown);
      if (error?.code === 'edited_meanwhile') {
        const now = isPresent(error.present) ? error.present : await server.load();
        answers++;
        meet(now);
        return 'again';
      }
      if (error && !PASSING.has(error.code)) {
        tell({ kind: 'refused', error });
        return 'stopped';
      }
      tell({ kind: 'waiting' });
      schedule(retryMs);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
      return 'stopped';
    }
  };

  const sendAll = async () => {
    for (let merges = 0; isDirty() && merges < MOST_MERGES; ) {
      tell({ kind: 'saving' });
      const end = await sendOnce();
      if (end === 'stopped') return;
      if (end === 'again') merges++;
      retryMs = FIRST_RETRY_MS;
    }
    if (isDirty()) {
      await keep();
      tell({ kind: 'waiting' });
      schedule(FIRST_RETRY_MS);
      return;
    }
    await room.clear().catch(() => {});
    // What was changed while the room was cleared waits again.
    if (isDirty()) {
      await keep();
      schedule(PAUSE_MS);
    } else tell({ kind: 'saved' });
  };

  const send = (): Promise<void> => {
    clearTimeout(timer);
    sending ??= sendAll()
      .catch(() => {
        tell({ kind: 'waiting' });
        schedule(retryMs);
      })
      .finally(() => {
        sending = null;
      });
    return sending;
  };

  if (waiting && present.etag !== waiting.etag) meet(present);
  if (isDirty()) schedule(0);
  else if (waiting) void room.clear().catch(() => {});
  return {
    labels: () => labels,
    state: () => newState ?? state,
    change(next) {
      if (next === labels) return;
      labels = next;
      if (!isDirty() && !sending) {
        void room.clear().catch(() => {});
        tell({ kind: 'saved' });
        return;
      }
      void keep();
      tell({ kind: 'saving' });
      if (!sending) schedule(PAUSE_MS);
    },
    changeState(next) {
      newState = next;
      listener?.onState(next);
      void keep();
      tell({ kind: 'saving' });
      if (!sending) schedule(PAUSE_MS);
    },
    flush: () => (isDirty() ? send() : Promise.resolve()),
    async refresh() {
      if (sending || isDirty()) return;
      const before = answers;
      const now = await server.load();
      if (sending || answers !== before || now.etag === etag) return;
      answers++;
      meet(now);
      if (isDirty()) schedule(PAUSE_MS);
    },
    listen(next) {
      listener = next;
      next?.onStatus(status);
      if (!next || unheard.length === 0) return;
      const conflicts = unheard;
      unheard = [];
      next.onMerged({ labels, ids, conflicts });
    },
  };
}

/** Whether all annotations of an answer can be edited here: a save says all that the image has. */
export const isUnderstood = ({ annotations }: Pick<Present, 'annotations'>): boolean =>
  annotations.every((annotation) => contentOf(annotation) !== null);

function readPresent({ etag, annotations }: Pick<Present, 'etag' | 'annotations'>) {
  const base = annotations.flatMap((annotation): Stored[] => {
    const content = contentOf(annotation);
    return content ? [{ ...content, id: annotation.id }] : [];
  });
  return { etag, stored: annotations, base };
}

const isPresent = (value: unknown): value is Present =>
  typeof value === 'object' && value !== null && 'etag' in value && 'annotations' in value && 'state' in value;

/** Whether the labels are what the server has. */
function isStored(labels: readonly Label[], base: readonly Stored[], ids: ReadonlyMap<string, number>): boolean {
  if (labels.length !== base.length) return false;
  const byId = new Map(base.map((annotation) => [annotation.id, annotation]));
  return labels.every((label) => {
    const annotation = byId.get(ids.get(label.key) ?? -1);
    if (!annotation) return false;
    const { id: _, ...content } = annotation;
    return isSame(content, contentOfLabel(label));
  });
}
