import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { type Editor, onlySelected } from './editor';
import { extentOf, type Label } from './label';
import { useEditorStore } from './store';

/** Says to who cannot see the picture what has just happened in it. */
export function Narrator() {
  const t = useTranslations('annotate');
  const store = useEditorStore();
  const [text, setText] = useState('');
  useEffect(() => {
    const named = (label: Label) => ({
      type: t(`type.${label.type}`),
      name: label.className ?? t('noClass'),
      place: placeOf(label),
    });
    const stepOf = (name: string) => {
      const key = name.startsWith('attribute ') ? 'attribute' : name;
      return t.has(`steps.${key}` as 'steps.move') ? t(`steps.${key}` as 'steps.move') : key;
    };
    const news = (now: Editor, before: Editor): string | null => {
      if (now.edited.past !== before.edited.past) {
        const [last, undone] = [now.edited.past.at(-1), now.edited.future.at(-1)];
        if (now.edited.future.length > before.edited.future.length && undone)
          return t('said.undone', { step: stepOf(undone.name) });
        if (
          now.edited.future.length < before.edited.future.length &&
          last &&
          now.edited.future.length + now.edited.past.length === before.edited.future.length + before.edited.past.length
        )
          return t('said.redone', { step: stepOf(last.name) });
        if (last?.name === 'remove') return t('said.removed', { count: last.edits.length });
        if (last?.name === 'paste') return t('said.pasted', { count: last.edits.length });
        const drawn = onlySelected(now);
        if (drawn) return t('said.drawn', named(drawn));
      }
      if (now.selected !== before.selected) {
        const chosen = onlySelected(now);
        if (chosen) return t('said.chosen', named(chosen));
        if (now.selected.size > 1) return t('selected', { count: now.selected.size });
      }
      if (now.hasCross && now.pointer && now.pointer !== before.pointer) return now.pointer.join(', ');
      return null;
    };
    return store.subscribe((now, before) => {
      const said = news(now, before);
      if (said !== null) setText(said);
    });
  }, [store, t]);
  return (
    <p aria-live="polite" className="sr-only" data-testid="narrator">
      {text}
    </p>
  );
}

/** Left, top, width and height in whole pixels. */
const placeOf = (label: Label): string => (extentOf(label) ?? []).map((value) => Math.round(value)).join(', ');
