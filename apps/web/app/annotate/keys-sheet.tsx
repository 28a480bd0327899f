import { useTranslations } from 'use-intl';
import { Modal } from '~/components/modal';
import { TOOLS } from './editor';
import { TOOL_KEYS } from './use-keys';

/** All keys, by what they are for. */
export function KeysSheet({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const t = useTranslations('annotate');
  const sheet = useTranslations('annotate.sheet');
  const groups = [
    [
      sheet('tools'),
      [
        ...TOOLS.map((tool): Entry => [TOOL_KEYS[tool], t(`tool.${tool}`)]),
        ['1–9', sheet('classKeys')],
        ['/', sheet('findClass')],
      ],
    ],
    [
      sheet('labels'),
      [
        ['Ctrl Z, Ctrl ⇧ Z', sheet('undo')],
        ['Ctrl C, X, V, D', sheet('copy')],
        ['Ctrl A', sheet('all')],
        ['Tab, ⇧ Tab', sheet('step')],
        ['Delete', sheet('delete')],
        ['← ↑ → ↓', sheet('nudge')],
        ['Ctrl ← ↑ → ↓', sheet('stretch')],
        ['R, ⇧ R', sheet('turn')],
        ['[, ]', sheet('order')],
        ['X, ⇧ X', sheet('hide')],
        ['L', sheet('lock')],
        ['T', sheet('names')],
        ['N', t('newMask')],
      ],
    ],
    [
      sheet('points'),
      [
        ['J, I', sheet('pointStep')],
        ['U', sheet('pointInsert')],
        ['Y', sheet('pointVisibility')],
        ['Delete', sheet('pointDelete')],
      ],
    ],
    [
      sheet('drawing'),
      [
        ['← ↑ → ↓', sheet('cross')],
        ['Enter', sheet('press')],
        ['C', sheet('finish')],
        ['Backspace', sheet('back')],
        ['S', sheet('skip')],
        ['Esc', sheet('cancel')],
      ],
    ],
    [
      sheet('view'),
      [
        ['+, -', sheet('zoom')],
        ['F, A', sheet('fit')],
        ['Space', sheet('pan')],
      ],
    ],
    [
      sheet('images'),
      [
        ['Page ↓, Page ↑', sheet('next')],
        ['Ctrl Enter', sheet('done')],
        ['?', sheet('help')],
      ],
    ],
  ] as const satisfies readonly (readonly [string, readonly Entry[]])[];
  return (
    <Modal title={sheet('title')} open={isOpen} onOpenChange={(open) => (open ? undefined : onClose())}>
      <div className="mt-3 space-y-4 text-sm">
        {groups.map(([title, entries]) => (
          <section key={title}>
            <h3 className="mb-1 text-xs font-semibold text-dim">{title}</h3>
            <dl className="grid grid-cols-[9rem_minmax(0,1fr)] gap-x-3 gap-y-1">
              {entries.map(([keys, what]) => (
                <div key={`${keys} ${what}`} className="contents">
                  <dt>
                    <kbd className="rounded bg-raised px-1.5 py-0.5 text-xs">{keys}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3 className="mb-1 text-xs font-semibold text-dim">{sheet('mouse')}</h3>
          {(['wheel', 'alt', 'twice'] as const).map((key) => (
            <p key={key}>{sheet(key)}</p>
          ))}
        </section>
      </div>
    </Modal>
  );
}

type Entry = readonly [keys: string, what: string];
