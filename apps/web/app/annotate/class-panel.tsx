import { Plus } from 'lucide-react';
import { type RefObject, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { chooseClass } from './commands';
import { smallFieldStyle } from './icon-button';
import { colorOf } from './paint';
import { useEditor, useEditorStore } from './store';

/** Shown at once; a search finds the others. */
const MOST_SHOWN = 200;

/** The classes with their colours, counts and number keys; what is typed finds one, or makes it. */
export function ClassPanel({ field }: { field: RefObject<HTMLInputElement> }) {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const [search, setSearch] = useState('');
  const classes = useEditor((editor) => editor.classes);
  const className = useEditor((editor) => editor.className);
  const labels = useEditor((editor) => editor.edited.labels);
  const canEdit = useEditor((editor) => editor.canEdit);
  const counts = useMemo(() => {
    const found = new Map<string | null, number>();
    for (const label of labels) found.set(label.className, (found.get(label.className) ?? 0) + 1);
    return found;
  }, [labels]);
  const wanted = search.trim();
  const matching = classes.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  const isNew = wanted !== '' && !classes.some(({ name }) => name === wanted);
  const choose = (name: string) => {
    run((editor) => chooseClass(editor, name));
    setSearch('');
  };
  return (
    <section aria-label={t('classes')} className="flex max-h-[40%] min-h-24 shrink-0 flex-col border-b border-line">
      <h2 className="px-3 pt-2.5 pb-1.5 text-xs font-semibold text-dim">{t('classes')}</h2>
      <form
        className="px-3 pb-2"
        onSubmit={(event) => {
          event.preventDefault();
          const first = matching.find(({ name }) => name.toLowerCase() === wanted.toLowerCase()) ?? matching[0];
          if (first) choose(first.name);
          else if (isNew && canEdit) choose(wanted);
          field.current?.blur();
        }}
      >
        <input
          ref={field}
          type="search"
          value={search}
          maxLength={500}
          placeholder={t('findClass')}
          aria-label={t('findClass')}
          aria-keyshortcuts="/"
          className={smallFieldStyle}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            setSearch('');
            event.currentTarget.blur();
          }}
        />
      </form>
      <ul className="min-h-0 flex-1 overflow-y-auto px-1.5 pb-2 text-sm">
        {matching.slice(0, MOST_SHOWN).map((known) => {
          const number = classes.indexOf(known) + 1;
          return (
            <li key={known.name}>
              <button
                type="button"
                aria-pressed={known.name === className}
                className="flex min-h-8 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-raised aria-pressed:bg-raised aria-pressed:font-semibold pointer-coarse:min-h-11"
                onClick={() => choose(known.name)}
              >
                <span className="size-3 shrink-0 rounded-sm" style={{ background: colorOf({ classes }, known.name) }} />
                <span className="min-w-0 flex-1 truncate">{known.name}</span>
                <span className="text-xs text-dim tabular-nums">{counts.get(known.name) ?? ''}</span>
                {number <= 9 ? (
                  <kbd className="w-4 text-center text-xs text-dim">{number}</kbd>
                ) : (
                  <span className="w-4" />
                )}
              </button>
            </li>
          );
        })}
        {isNew && canEdit ? (
          <li>
            <button
              type="button"
              className="flex min-h-8 w-full items-center gap-2 rounded-md px-2 text-left text-accent hover:bg-raised pointer-coarse:min-h-11"
              onClick={() => choose(wanted)}
            >
              <Plus className="size-3.5 shrink-0" aria-hidden />
              <span className="min-w-0 truncate">{t('addClass', { name: wanted })}</span>
            </button>
          </li>
        ) : null}
        {classes.length === 0 && wanted === '' ? <li className="px-2 text-xs text-dim">{t('noClasses')}</li> : null}
        {matching.length === 0 && wanted !== '' && !canEdit ? (
          <li className="px-2 text-xs text-dim">{t('noClassFound')}</li>
        ) : null}
      </ul>
    </section>
  );
}
