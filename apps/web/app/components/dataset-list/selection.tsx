import type { DatasetView } from '@granary/client';
import { useRef, useState } from 'react';
import { useTranslations } from 'use-intl';

export interface Selection {
  /** All that match the filters, on every page, but those in `ids`. */
  isAll: boolean;
  ids: ReadonlySet<string>;
  has(id: string): boolean;
  /** With shift, all between this one and the last one that was clicked. */
  toggle(index: number, withShift: boolean): void;
  all(): void;
  clear(): void;
}

export function useSelection(items: readonly DatasetView[]): Selection {
  const [isAll, setIsAll] = useState(false);
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const last = useRef(0);
  const has = (id: string) => ids.has(id) !== isAll;
  return {
    isAll,
    ids,
    has,
    toggle(index, withShift) {
      const clicked = items[index];
      if (!clicked) return;
      const isWanted = !has(clicked.id);
      const [from, to] = withShift ? [Math.min(last.current, index), Math.max(last.current, index)] : [index, index];
      last.current = index;
      const next = new Set(ids);
      for (const { id } of items.slice(from, to + 1)) {
        if (isWanted !== isAll) next.add(id);
        else next.delete(id);
      }
      setIds(next);
    },
    all() {
      setIsAll(true);
      setIds(new Set());
    },
    clear() {
      setIsAll(false);
      setIds(new Set());
    },
  };
}

export function SelectBox({
  selection,
  index,
  dataset,
}: {
  selection: Selection;
  index: number;
  dataset: DatasetView;
}) {
  const t = useTranslations('list');
  return (
    <input
      type="checkbox"
      aria-label={t('select', { name: dataset.name })}
      checked={selection.has(dataset.id)}
      onChange={(event) => selection.toggle(index, (event.nativeEvent as MouseEvent).shiftKey)}
      // Above the link that covers the card.
      className="relative z-1 size-4 shrink-0 accent-accent"
    />
  );
}
