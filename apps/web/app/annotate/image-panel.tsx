import { X } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { setCaption, toggleImageClass } from './commands';
import { IconButton, smallFieldStyle } from './icon-button';
import { colorOf } from './paint';
import { useEditor, useEditorStore } from './store';

/** What is said of the image as a whole: its classes and its captions. */
export function ImagePanel() {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const labels = useEditor((editor) => editor.edited.labels);
  const classes = useEditor((editor) => editor.classes);
  const canEdit = useEditor((editor) => editor.canEdit);
  const own = useMemo(() => labels.filter(({ type }) => type === 'classification'), [labels]);
  const captions = useMemo(() => labels.flatMap((label) => (label.type === 'caption' ? [label] : [])), [labels]);
  const rest = classes.filter(({ name }) => !own.some(({ className }) => className === name));
  return (
    <details className="shrink-0 border-b border-line px-3 py-2" open={own.length + captions.length > 0}>
      <summary className="cursor-pointer text-xs font-semibold text-dim">{t('image')}</summary>
      <fieldset disabled={!canEdit} className="mt-2 space-y-2">
        <ul className="flex flex-wrap gap-1">
          {own.map(({ key, className }) => (
            <li key={key} className="flex items-center rounded-full bg-raised pl-2 text-xs">
              <span className="mr-1.5 size-2.5 rounded-sm" style={{ background: colorOf({ classes }, className) }} />
              {className ?? t('noClass')}
              <IconButton
                icon={X}
                label={t('removeImageClass', { name: className ?? '' })}
                className="text-dim"
                onClick={() => run((editor) => toggleImageClass(editor, className ?? ''))}
              />
            </li>
          ))}
        </ul>
        <select
          aria-label={t('imageClass')}
          value=""
          className={smallFieldStyle}
          onChange={(event) => {
            const name = event.currentTarget.value;
            if (name !== '') run((editor) => toggleImageClass(editor, name));
          }}
        >
          <option value="">{t('addImageClass')}</option>
          {rest.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        {[...captions.map(({ key, geometry }) => ({ key, text: geometry.caption })), { key: null, text: '' }].map(
          ({ key, text }) => (
            <textarea
              // A text that came from elsewhere is another field, and so is the empty one behind a new caption.
              key={`${key ?? captions.length} ${text}`}
              aria-label={t('caption')}
              placeholder={t('caption')}
              defaultValue={text}
              rows={2}
              maxLength={10_000}
              className="w-full resize-y rounded-md border border-edge bg-canvas px-2 py-1 text-sm text-ink placeholder:text-faint"
              onBlur={(event) => {
                const caption = event.currentTarget.value.trim();
                if (caption !== text) run((editor) => setCaption(editor, key, caption));
              }}
            />
          ),
        )}
      </fieldset>
    </details>
  );
}
