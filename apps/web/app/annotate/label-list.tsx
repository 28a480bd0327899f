import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight, Eye, EyeOff, Lock, LockOpen } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { select, toggleHidden, toggleLocked } from './commands';
import type { Label } from './label';
import { extentOf } from './label';
import { colorOf } from './paint';
import { useEditor, useEditorStore } from './store';

type Row =
  | {
      readonly kind: 'class';
      readonly name: string | null;
      readonly keys: readonly string[];
      /** These have no class by their nature. */
      readonly areCaptions: boolean;
    }
  | { readonly kind: 'label'; readonly label: Label; readonly number: number };

const ROW = 32;
const COARSE_ROW = 44;

/** The labels by class, each of which can be folded and hidden. */
export function LabelList() {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const labels = useEditor((editor) => editor.edited.labels);
  const selected = useEditor((editor) => editor.selected);
  const [folded, setFolded] = useState<ReadonlySet<string | null>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(ROW);
  useEffect(() => setHeight(matchMedia('(pointer: coarse)').matches ? COARSE_ROW : ROW), []);
  const rows = useMemo(() => rowsOf(labels, folded), [labels, folded]);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 6,
  });
  useEffect(() => {
    if (height > 0) virtualizer.measure();
  }, [height, virtualizer]);
  const first = rows.findIndex((row) => row.kind === 'label' && selected.has(row.label.key));
  useEffect(() => {
    if (first >= 0) virtualizer.scrollToIndex(first, { align: 'auto' });
  }, [first, virtualizer]);
  return (
    <section aria-label={t('panel')} className="flex min-h-32 flex-1 flex-col">
      <h2 className="px-3 pt-2.5 pb-1.5 text-xs font-semibold text-dim">{t('labels', { count: labels.length })}</h2>
      {labels.length === 0 ? <p className="px-3 text-xs text-dim">{t('noLabels')}</p> : null}
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-1.5 text-sm">
        <ul className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <li
                key={row.kind === 'class' ? `class ${row.name}` : row.label.key}
                className="absolute inset-x-0 flex items-center gap-0.5"
                style={{ top: start, height }}
              >
                {row.kind === 'class' ? (
                  <ClassRow
                    row={row}
                    isFolded={folded.has(row.name)}
                    onFold={() => setFolded((now) => toggled(now, row.name))}
                  />
                ) : (
                  <LabelRow
                    row={row}
                    isSelected={selected.has(row.label.key)}
                    onSelect={(isAdding) =>
                      run((editor) =>
                        select(editor, isAdding ? toggled(editor.selected, row.label.key) : [row.label.key]),
                      )
                    }
                  />
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}

function rowsOf(labels: readonly Label[], folded: ReadonlySet<string | null>): Row[] {
  const numbers = new Map(labels.map(({ key }, i) => [key, i + 1]));
  return [...Map.groupBy(labels, ({ className }) => className)].flatMap(([name, group]): Row[] => [
    {
      kind: 'class',
      name,
      keys: group.map(({ key }) => key),
      areCaptions: group.every(({ type }) => type === 'caption'),
    },
    ...(folded.has(name)
      ? []
      : group.map((label): Row => ({ kind: 'label', label, number: numbers.get(label.key) ?? 0 }))),
  ]);
}

function toggled<T>(set: ReadonlySet<T>, value: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}

const SMALL =
  'flex size-7 shrink-0 items-center justify-center rounded text-dim hover:bg-raised hover:text-ink pointer-coarse:size-11';

function ClassRow({ row, isFolded, onFold }: { row: Row & { kind: 'class' }; isFolded: boolean; onFold(): void }) {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const classes = useEditor((editor) => editor.classes);
  const isHidden = useEditor((editor) => row.keys.every((key) => editor.hidden.has(key)));
  const name = row.name ?? t(row.areCaptions ? 'type.caption' : 'noClass');
  const Fold = isFolded ? ChevronRight : ChevronDown;
  return (
    <>
      <button
        type="button"
        className={SMALL}
        aria-expanded={!isFolded}
        aria-label={t('fold', { name })}
        onClick={onFold}
      >
        <Fold className="size-3.5" aria-hidden />
      </button>
      <span className="size-2.5 shrink-0 rounded-sm" style={{ background: colorOf({ classes }, row.name) }} />
      <span className="ml-1.5 min-w-0 flex-1 truncate font-medium">{name}</span>
      <span className="px-1 text-xs text-dim tabular-nums">{row.keys.length}</span>
      <button
        type="button"
        className={SMALL}
        aria-pressed={isHidden}
        aria-label={t(isHidden ? 'showClass' : 'hideClass', { name })}
        onClick={() => run((editor) => toggleHidden(editor, row.keys))}
      >
        {isHidden ? <EyeOff className="size-3.5" aria-hidden /> : <Eye className="size-3.5" aria-hidden />}
      </button>
    </>
  );
}

function LabelRow({
  row: { label, number },
  isSelected,
  onSelect,
}: {
  row: Row & { kind: 'label' };
  isSelected: boolean;
  onSelect(isAdding: boolean): void;
}) {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const isHidden = useEditor((editor) => editor.hidden.has(label.key));
  const isLocked = useEditor((editor) => editor.locked.has(label.key));
  const name = `${t(`type.${label.type}`)} ${number}`;
  return (
    <>
      <button
        type="button"
        aria-pressed={isSelected}
        className="ml-5 flex h-full min-w-0 flex-1 items-center gap-2 rounded px-2 text-left hover:bg-raised aria-pressed:bg-raised aria-pressed:font-medium"
        onClick={(event) => onSelect(event.shiftKey || event.ctrlKey || event.metaKey)}
      >
        <span className={isHidden ? 'truncate text-dim line-through' : 'truncate'}>{name}</span>
        <span className="ml-auto shrink-0 text-xs text-dim tabular-nums">{summaryOf(label)}</span>
      </button>
      <button
        type="button"
        className={SMALL}
        aria-pressed={isHidden}
        aria-label={`${t(isHidden ? 'show' : 'hide')}: ${name}`}
        onClick={() => run((editor) => toggleHidden(editor, [label.key]))}
      >
        {isHidden ? <EyeOff className="size-3.5" aria-hidden /> : <Eye className="size-3.5" aria-hidden />}
      </button>
      <button
        type="button"
        className={SMALL}
        aria-pressed={isLocked}
        aria-label={`${t(isLocked ? 'unlock' : 'lock')}: ${name}`}
        onClick={() => run((editor) => toggleLocked(editor, [label.key]))}
      >
        {isLocked ? <Lock className="size-3.5" aria-hidden /> : <LockOpen className="size-3.5" aria-hidden />}
      </button>
    </>
  );
}

/** How large it is, or what it says. */
function summaryOf(label: Label): string {
  if (label.type === 'caption') return label.geometry.caption.slice(0, 24);
  const extent = extentOf(label);
  return extent ? `${Math.round(extent[2])} × ${Math.round(extent[3])}` : '';
}
