import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { contentOf, type Label, type StoredAnnotation } from './label.ts';
import { type ImageServer, isUnderstood, type Present, type Saver, saverOf, type Waiting } from './saver.ts';

/** As the contract of the API has it: an etag of its own for every save, 409 with what there is for any other. */
class Server {
  version = 0;
  nextId = 100;
  annotations: StoredAnnotation[] = [1, 2, 3].map((id) => stored(id, id * 10));
  /** What happens to the calls to come: answered, lost on the way there, or on the way back. */
  fates: string[] = [];

  present(): Present {
    return { etag: `e${this.version}`, state: 'completed', annotations: structuredClone(this.annotations) };
  }
  /** @param isAlive whether the page that asks is still there: what it asks afterwards is never asked */
  client(isAlive = () => true): ImageServer {
    return {
      load: async () => this.present(),
      save: async ({ basedOn, annotations }) => {
        if (!isAlive()) return new Promise(() => {});
        const fate = this.fates.shift() ?? 'answered';
        if (fate === 'lost there') throw new Error('offline');
        if (basedOn !== `e${this.version}`) throw { code: 'edited_meanwhile', message: '', present: this.present() };
        this.version++;
        this.annotations = structuredClone(annotations).map(({ className = null, attributes = {}, ...annotation }) => ({
          ...annotation,
          ...{ className, attributes },
          id: annotation.id ?? this.nextId++,
        }));
        if (fate === 'lost back') throw new Error('offline');
        return this.present();
      },
      errorOf: (thrown) => (thrown instanceof Error ? null : (thrown as { code: never; message: string })),
    };
  }
}

const stored = (id: number, x: number): StoredAnnotation => ({
  id,
  type: 'bbox',
  className: 'car',
  geometry: { box: [x, 0, 5, 5] },
  attributes: {},
});

/** A tab with what it keeps in the browser, which a reload leaves. */
class Tab {
  waiting: Waiting | null = null;
  saver: Saver;
  readonly server: Server;
  readonly name: string;
  constructor(server: Server, name: string) {
    this.server = server;
    this.name = name;
    this.saver = this.open();
  }
  keys = 0;
  pages = 0;
  /** The page, loaded anew: the one before it does nothing any more. */
  open(): Saver {
    const page = ++this.pages;
    const isAlive = () => page === this.pages;
    const room = {
      keep: async (waiting: Waiting) => {
        if (isAlive()) this.waiting = structuredClone(waiting);
      },
      clear: async () => {
        if (isAlive()) this.waiting = null;
      },
    };
    const newKey = () => `${this.name}${this.keys++}`;
    this.saver = saverOf(this.server.present(), { server: this.server.client(isAlive), room, newKey }, this.waiting);
    return this.saver;
  }
  add(x: number) {
    const content = contentOf(stored(0, x));
    if (content) this.saver.change([...this.saver.labels(), { ...content, key: `${this.name}-drawn-${x}` }]);
  }
  move(index: number, x: number) {
    const { labels } = { labels: this.saver.labels() };
    const chosen = labels[index % Math.max(1, labels.length)];
    this.saver.change(
      labels.map(
        (label): Label =>
          label === chosen && label.type === 'bbox' ? { ...label, geometry: { box: [x, 0, 5, 5] } } : label,
      ),
    );
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

test('what is drawn is saved after a pause, and keeps its id from then on', async () => {
  const server = new Server();
  const tab = new Tab(server, 'a');
  tab.add(77);
  expect(server.annotations).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.annotations.at(-1)).toEqual(stored(100, 77));
  expect(tab.waiting).toBeNull();
  tab.move(3, 78);
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.annotations.at(-1)).toEqual(stored(100, 78));
});

test('what cannot be sent waits over a reload, and is sent once though an answer was lost', async () => {
  const server = new Server();
  server.fates = ['lost there', 'lost back'];
  const tab = new Tab(server, 'a');
  tab.add(77);
  await vi.advanceTimersByTimeAsync(1000);
  expect(tab.waiting?.labels).toHaveLength(4);
  tab.open();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.annotations.map(({ geometry }) => geometry)).toEqual(
    [10, 20, 30, 77].map((x) => ({ box: [x, 0, 5, 5] })),
  );
  expect(tab.waiting).toBeNull();
});

test('an image with an annotation that is not understood is not saved: the save would take it away', async () => {
  const server = new Server();
  server.annotations.unshift({ ...stored(9, 0), type: 'cuboid', geometry: { faces: 6 } });
  const tab = new Tab(server, 'a');
  expect(isUnderstood(server.present())).toBe(false);
  tab.add(77);
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.version).toBe(0);
});

test('what the server refuses is said, and sent again with the next change', async () => {
  const server = new Server();
  const tab = new Tab(server, 'a');
  const statuses: string[] = [];
  tab.saver.listen({ onMerged() {}, onState() {}, onStatus: ({ kind }) => void statuses.push(kind) });
  const client = server.client();
  const refusing: ImageServer = {
    ...client,
    save: async () => Promise.reject({ code: 'invalid_input', message: 'no' }),
  };
  const room = { keep: async () => {}, clear: async () => {} };
  const saver = saverOf(server.present(), { server: refusing, room, newKey: () => 'x' });
  saver.listen({ onMerged() {}, onState() {}, onStatus: ({ kind }) => void statuses.push(kind) });
  saver.change([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(statuses.at(-1)).toBe('refused');
});

test('two people in one image, cut off at random: nothing is lost, and both end with the same', async () => {
  const act = fc.record({
    who: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom('add', 'move', 'reload', 'wait', 'wait'),
    index: fc.nat(20),
    fate: fc.constantFrom('answered', 'answered', 'lost there', 'lost back'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const server = new Server();
      const tabs = { a: new Tab(server, 'a'), b: new Tab(server, 'b') };
      const drawn: number[] = [];
      for (const [i, { who, kind, index, fate }] of acts.entries()) {
        server.fates = [fate];
        const tab = tabs[who as 'a' | 'b'];
        if (kind === 'add') {
          tab.add(1000 + i);
          drawn.push(1000 + i);
        } else if (kind === 'move') {
          // Of what was there from the beginning, so that all that was drawn can be counted.
          if (index % 3 < tab.saver.labels().length) tab.move(index % 3, 5000 + i);
        } else if (kind === 'reload') {
          await vi.advanceTimersByTimeAsync(0);
          tab.open();
        } else await vi.advanceTimersByTimeAsync(700);
      }
      server.fates = [];
      for (let i = 0; i < 6; i++) {
        await vi.advanceTimersByTimeAsync(40_000);
        await Promise.all(Object.values(tabs).map((tab) => tab.saver.refresh()));
      }
      const places = (labels: readonly { geometry: unknown }[]) =>
        labels.map(({ geometry }) => (geometry as { box: number[] }).box[0] ?? 0).sort((x, y) => x - y);
      expect(places(tabs.a.saver.labels())).toEqual(places(server.annotations));
      expect(places(tabs.b.saver.labels())).toEqual(places(server.annotations));
      expect(places(server.annotations).filter((x) => x >= 1000 && x < 5000)).toEqual(expect.arrayContaining(drawn));
      expect(tabs.a.waiting).toBeNull();
      expect(tabs.b.waiting).toBeNull();
    }),
    { numRuns: 60 },
  );
});
