import { useTranslations } from 'use-intl';
import { resolve, select } from './commands';
import { smallButtonStyle } from './icon-button';
import { useEditor, useEditorStore } from './store';

/** Labels that two people changed: both are there until one chooses. */
export function ConflictBar() {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const conflicts = useEditor((editor) => editor.conflicts);
  const labels = useEditor((editor) => editor.edited.labels);
  const [first] = conflicts.filter(({ mine, theirs }) =>
    [mine, theirs].every((key) => labels.some((label) => label.key === key)),
  );
  if (!first) return null;
  const name = labels.find(({ key }) => key === first.theirs)?.className ?? t('noClass');
  const choices = [
    ['mine', 'keepMine', first.mine],
    ['theirs', 'keepTheirs', first.theirs],
    ['both', 'keepBoth', null],
  ] as const;
  return (
    <div
      role="alert"
      className="absolute inset-x-2 bottom-2 mx-auto flex max-w-xl flex-wrap items-center gap-2 rounded-lg border border-warn bg-surface px-3 py-2 text-sm text-ink shadow-lg"
    >
      <p className="min-w-48 flex-1">{t('conflict', { name })}</p>
      {choices.map(([keep, text, key]) => (
        <button
          key={keep}
          type="button"
          className={smallButtonStyle}
          onMouseEnter={() => (key ? run((editor) => select(editor, [key])) : undefined)}
          onFocus={() => (key ? run((editor) => select(editor, [key])) : undefined)}
          onClick={() => run((editor) => resolve(editor, first.theirs, keep))}
        >
          {t(text)}
        </button>
      ))}
    </div>
  );
}
