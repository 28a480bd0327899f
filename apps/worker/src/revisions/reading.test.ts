import { expect, test } from 'vitest';
import { NOTHING, withoutRevision } from './reading.ts';

const csv = { delimiter: ';' };
const mapped = { ...NOTHING, classMap: { car: 'vehicle' } };

test('what a revision set is set back', () => {
  const made = { repairs: ['clip'], classMap: { car: 'vehicle' }, overrides: [{ files: ['a'], over: ['b'] }], csv };
  expect(withoutRevision([NOTHING, made, made])).toEqual(NOTHING);
  expect(withoutRevision([made, NOTHING, NOTHING])).toEqual(made);
});

test('what others set stays', () => {
  const later = { ...mapped, repairs: ['clip'], csv };
  expect(withoutRevision([NOTHING, mapped, later])).toEqual({ ...NOTHING, repairs: ['clip'], csv });
  expect(withoutRevision([mapped, { ...mapped, repairs: ['clip'] }, later])).toEqual({ ...mapped, csv });
});

test('what was set again later stays, be it to the same', () => {
  expect(withoutRevision([NOTHING, mapped, NOTHING, mapped])).toEqual(mapped);
  expect(withoutRevision([NOTHING, mapped, { ...NOTHING, classMap: { car: 'auto' } }])).toEqual({
    ...NOTHING,
    classMap: { car: 'auto' },
  });
});
