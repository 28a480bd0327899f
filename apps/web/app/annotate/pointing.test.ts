import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  chooseClass,
  chooseTool,
  copied,
  insertPoint,
  nextPoint,
  nudge,
  paste,
  redo,
  remove,
  reorder,
  replaced,
  resolve,
  select,
  selectAll,
  setAttribute,
  setCaption,
  stretch,
  toggleImageClass,
  toggleLocked,
  turn,
  undo,
  zoom,
} from './commands.ts';
import { type Editor, editorOf, type Pointer, selectedLabels, type Tool } from './editor.ts';
import type { Label, Point } from './label.ts';
import { isSet, maskOf } from './mask.ts';
import { finished, pointed, pressed, pressedTwice, released } from './pointing.ts';
import { panned, toImage, toScreen } from './view.ts';

const image = { width: 640, height: 480 };
const classes = [
  { name: 'car', index: 0, keypoints: [], limbs: [] },
  { name: 'person', index: 1, keypoints: ['nose', 'left eye', 'right eye'], limbs: [[0, 1] as const] },
];
const box = (key: string, x: number): Label => ({
  key,
  type: 'bbox',
  className: 'car',
  attributes: {},
  geometry: { box: [x, 100, 50, 40] },
});
const empty = () => editorOf({ image, classes, labels: [], canEdit: true });
const withBoxes = () => editorOf({ image, classes, labels: [box('a', 100), box('b', 300)], canEdit: true });
const at = (...point: [number, number]): Pointer => ({
  at: point,
  reach: 8,
  isAdding: false,
  isFree: false,
  isTouch: false,
});
const drag = (editor: Editor, from: Pointer, to: Pointer): Editor =>
  released(pointed(pointed(pressed(editor, from), at((from.at[0] + to.at[0]) / 2, from.at[1])), to), to);
const drawn = (tool: Tool, from: Pointer, to: Pointer) => drag(chooseTool(empty(), tool), from, to).edited.labels;

test('a box is drawn where the mouse was, to the pixel, at any zoom and pan', () => {
  const corner = fc.tuple(fc.integer({ min: 30, max: 600 }), fc.integer({ min: 30, max: 450 }));
  fc.assert(
    fc.property(
      corner,
      corner,
      fc.double({ min: 1, max: 30, noNaN: true }),
      fc.integer({ min: -900, max: 900 }),
      (from, to, factor, dx) => {
        const zoomedIn = zoom(chooseTool(empty(), 'box'), factor, [200, 300]);
        const editor = { ...zoomedIn, view: panned(zoomedIn.view, dx, -dx / 2, image, zoomedIn.window) };
        // As it comes from the screen, whose pixels are whole.
        const seen = (point: Point): Pointer => {
          const [x, y] = toScreen(editor.view, point);
          return at(...(toImage(editor.view, [Math.round(x), Math.round(y)]) as [number, number]));
        };
        const { labels } = drag(editor, seen(from), seen(to)).edited;
        const [label] = labels;
        const expected = [
          Math.min(from[0], to[0]),
          Math.min(from[1], to[1]),
          Math.abs(to[0] - from[0]),
          Math.abs(to[1] - from[1]),
        ];
        const width = Math.hypot(expected[2] ?? 0, expected[3] ?? 0) * editor.view.scale;
        if (width < 8 || expected[2] === 0 || expected[3] === 0) return;
        const off = editor.view.scale < 1 ? 1 / editor.view.scale : 1;
        expect(label?.type).toBe('bbox');
        if (label?.type === 'bbox')
          for (const [i, value] of label.geometry.box.entries())
            expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThanOrEqual(off);
      },
    ),
  );
});

test('drawing ends at the edge of the image, and near it', () => {
  expect(drawn('box', at(10, 10), at(900, 475))).toMatchObject([{ geometry: { box: [10, 10, 630, 470] } }]);
});

test('a press draws nothing, and nobody draws who may only look', () => {
  expect(drawn('box', at(10, 10), at(11, 11))).toEqual([]);
  expect(drag(chooseTool({ ...empty(), canEdit: false }, 'box'), at(10, 10), at(99, 99)).edited.labels).toEqual([]);
});

test('a polygon ends at its first point, by two presses, or by a key', () => {
  const points = [at(100, 100), at(200, 100), at(200, 200)];
  const draft = points.reduce(pressed, chooseTool(empty(), 'polygon'));
  for (const end of [pressed(draft, at(102, 99)), pressedTwice(draft, at(200, 200)), finished(draft)])
    expect(end.edited.labels).toMatchObject([
      { type: 'polygon', geometry: { polygons: [[100, 100, 200, 100, 200, 200]] } },
    ]);
});

test('key points follow the skeleton; the last one ends them', () => {
  const start = chooseTool(chooseClass(empty(), 'person'), 'keypoints');
  const two = pressed(pressed(start, at(50, 50)), { ...at(60, 40), isAdding: true });
  expect(two.edited.labels).toEqual([]);
  expect(pressed(two, at(40, 40)).edited.labels).toMatchObject([
    {
      type: 'keypoints',
      className: 'person',
      geometry: { box: [40, 40, 20, 10], keypoints: [50, 50, 2, 60, 40, 1, 40, 40, 2] },
    },
  ]);
  expect(finished(two).edited.labels).toMatchObject([{ geometry: { keypoints: [50, 50, 2, 60, 40, 1, 0, 0, 0] } }]);
});

test('a brush paints on the mask that is selected; an eraser that leaves nothing removes it', () => {
  const brush = { ...chooseTool(empty(), 'brush'), radius: 5 };
  const once = drag(brush, at(100, 100), at(120, 100));
  const twice = drag(once, at(120, 100), at(120, 130));
  expect(twice.edited.labels).toHaveLength(1);
  const [label] = twice.edited.labels;
  if (label?.type !== 'rle') throw new Error('no mask');
  expect([isSet(maskOf(label.geometry.rle), [100, 100]), isSet(maskOf(label.geometry.rle), [120, 130])]).toEqual([
    true,
    true,
  ]);
  expect(label.geometry.box).toEqual([95, 95, 30, 40]);
  const gone = drag({ ...chooseTool(twice, 'eraser'), radius: 60 }, at(110, 110), at(111, 111));
  expect(gone.edited.labels).toEqual([]);
  expect(undo(gone).edited.labels).toEqual(twice.edited.labels);
});

test('what is pressed is selected and moved; handles resize; a frame selects what lies in it', () => {
  const moved = drag(withBoxes(), at(120, 120), at(130, 115));
  expect(moved.selected).toEqual(new Set(['a']));
  expect(moved.edited.labels[0]).toMatchObject({ geometry: { box: [110, 95, 50, 40] } });
  const resized = drag(select(withBoxes(), ['a']), at(150, 140), at(170, 160));
  expect(resized.edited.labels[0]).toMatchObject({ geometry: { box: [100, 100, 70, 60] } });
  expect(drag(withBoxes(), at(80, 80), at(400, 200)).selected).toEqual(new Set(['a', 'b']));
  expect(drag(withBoxes(), at(80, 80), at(200, 200)).selected).toEqual(new Set(['a']));
});

test('what is locked is neither hit nor changed', () => {
  const locked = toggleLocked(withBoxes(), ['a']);
  expect(drag(locked, at(120, 120), at(130, 120)).edited).toEqual(locked.edited);
  expect(remove(selectAll(locked)).edited.labels.map(({ key }) => key)).toEqual(['a']);
});

test('labels go to the next image as they are, or beside themselves on the same', () => {
  const clipping = copied(selectAll(withBoxes()));
  const other = paste(
    editorOf({ image: { width: 320, height: 480 }, classes: [], labels: [], canEdit: true }),
    clipping,
  );
  expect(other.edited.labels).toMatchObject([
    { geometry: { box: [100, 100, 50, 40] } },
    { geometry: { box: [270, 100, 50, 40] } },
  ]);
  expect(other.classes.map(({ name }) => name)).toEqual(['car']);
  const same = paste(withBoxes(), clipping);
  expect(same.edited.labels).toHaveLength(4);
  expect(same.edited.labels[2]).not.toMatchObject({ geometry: { box: [100, 100, 50, 40] } });
});

test('keys move, resize and turn within the image', () => {
  const chosen = select(withBoxes(), ['a']);
  expect(nudge(chosen, -500, 3).edited.labels[0]).toMatchObject({ geometry: { box: [0, 103, 50, 40] } });
  expect(stretch(chosen, 10, -500).edited.labels[0]).toMatchObject({ geometry: { box: [100, 100, 60, 1] } });
  expect(nudge(nudge(chosen, 1, 0), 1, 0).edited.past).toHaveLength(1);
});

test('points of a polygon are reached by keys', () => {
  const polygon: Label = {
    ...box('p', 0),
    type: 'polygon',
    geometry: { box: null, polygons: [[10, 10, 50, 10, 50, 50]] },
  };
  const first = nextPoint(select(editorOf({ image, classes, labels: [polygon], canEdit: true }), ['p']), 1);
  expect(nudge(first, 5, 5).edited.labels[0]).toMatchObject({ geometry: { polygons: [[15, 15, 50, 10, 50, 50]] } });
  const four = insertPoint(first);
  expect(four.edited.labels[0]).toMatchObject({ geometry: { polygons: [[10, 10, 30, 10, 50, 10, 50, 50]] } });
  expect(remove(four).edited.labels[0]).toMatchObject({ geometry: { polygons: [[10, 10, 50, 10, 50, 50]] } });
});

test('of a label that two changed, one chooses', () => {
  const both = replaced(withBoxes(), { labels: [box('a', 1), box('m', 2)], conflicts: [{ theirs: 'a', mine: 'm' }] });
  expect(resolve(both, 'a', 'mine').edited.labels).toEqual([box('a', 2)]);
  expect(resolve(both, 'a', 'theirs').edited.labels).toEqual([box('a', 1)]);
  expect(resolve(both, 'a', 'both').edited.labels).toHaveLength(2);
  expect(resolve(both, 'a', 'both').conflicts).toEqual([]);
});

const command = fc.oneof(
  fc.record({ kind: fc.constant('nudge'), x: fc.integer({ min: -90, max: 90 }), y: fc.integer({ min: -90, max: 90 }) }),
  fc.record({
    kind: fc.constantFrom(
      'remove',
      'paste',
      'order',
      'class',
      'attribute',
      'stretch',
      'turn',
      'image',
      'caption',
      'draw',
      'obb',
      'brush',
      'erase',
      'select',
      'select',
      'all',
    ),
    x: fc.nat(600),
    y: fc.nat(440),
  }),
);

function run(editor: Editor, { kind, x, y }: { kind: string; x: number; y: number }): Editor {
  const { labels } = editor.edited;
  switch (kind) {
    case 'nudge':
      return nudge(editor, x, y);
    case 'remove':
      return remove(editor);
    case 'paste':
      return paste(editor, copied(editor));
    case 'order':
      return reorder(editor, x % 2 ? 'front' : 'back');
    case 'class':
      return chooseClass(editor, `class ${x % 4}`);
    case 'attribute':
      return setAttribute(editor, 'crowd', x % 3 ? x % 2 === 0 : undefined);
    case 'stretch':
      return stretch(editor, x % 20, -(y % 20));
    case 'turn':
      return turn(editor, x % 90);
    case 'image':
      return toggleImageClass(editor, `class ${x % 4}`);
    case 'caption':
      return setCaption(editor, labels.find(({ type }) => type === 'caption')?.key ?? null, x % 3 ? `text ${x}` : '');
    case 'draw':
      return drag(chooseTool(editor, 'box'), at(x, y), at(x + 40, y + 30));
    case 'obb':
      return drag(chooseTool(editor, 'obb'), at(x, y), at(x + 40, y + 30));
    case 'brush':
      return drag(chooseTool(editor, 'brush'), at(x, y), at(x + 40, y + 30));
    case 'erase':
      return drag(chooseTool(editor, 'eraser'), at(x, y), at(x + 40, y + 30));
    case 'all':
      return selectAll(editor);
    default:
      return select(
        editor,
        labels.filter((_, i) => i % 3 === x % 3).map(({ key }) => key),
      );
  }
}

test('whatever is done with whichever tools is undone exactly, and done again', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (all) => {
      const start = withBoxes();
      const end = all.reduce(run, start);
      let back = end;
      while (back.edited.past.length > 0) back = undo(back);
      expect(back.edited.labels).toEqual(start.edited.labels);
      while (back.edited.future.length > 0) back = redo(back);
      expect(back.edited.labels).toEqual(end.edited.labels);
      expect(selectedLabels(back).every(({ key }) => end.edited.labels.some((label) => label.key === key))).toBe(true);
    }),
  );
});
