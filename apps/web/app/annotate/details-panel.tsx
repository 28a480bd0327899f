import { ArrowDownToLine, ArrowUpToLine, Copy, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { copied, paste, remove, reorder, setAttribute, setBox, turnTo } from './commands';
import { onlySelected, selectedLabels } from './editor';
import { IconButton, smallButtonStyle, smallFieldStyle } from './icon-button';
import type { Label } from './label';
import { maskOf } from './mask';
import { placeOf } from './shaping';
import { useEditor, useEditorStore } from './store';

/** What is selected, in numbers and fields. */
export function DetailsPanel() {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const count = useEditor((editor) => selectedLabels(editor).length);
  const only = useEditor(onlySelected);
  const isLocked = useEditor((editor) => [...editor.selected].every((key) => editor.locked.has(key)));
  const canEdit = useEditor((editor) => editor.canEdit) && !isLocked;
  if (count === 0) return null;
  return (
    <section
      aria-label={t('selected', { count })}
      className="max-h-[45%] shrink-0 overflow-y-auto border-t border-line px-3 pb-3"
    >
      <div className="sticky top-0 flex items-center gap-1 bg-surface pt-1.5 pb-1">
        <h2 className="flex-1 text-xs font-semibold text-dim">
          {only ? t(`type.${only.type}`) : t('selected', { count })}
        </h2>
        {canEdit ? (
          <>
            <IconButton
              icon={ArrowDownToLine}
              label={t('toBack')}
              shortcut="["
              onClick={() => run((now) => reorder(now, 'back'))}
            />
            <IconButton
              icon={ArrowUpToLine}
              label={t('toFront')}
              shortcut="]"
              onClick={() => run((now) => reorder(now, 'front'))}
            />
            <IconButton
              icon={Copy}
              label={t('duplicate')}
              shortcut="Control+D"
              onClick={() => run((now) => paste(now, copied(now)))}
            />
            <IconButton icon={Trash2} label={t('delete')} shortcut="Delete" onClick={() => run(remove)} />
          </>
        ) : null}
      </div>
      <fieldset disabled={!canEdit} className="min-w-0 space-y-3">
        {only ? <Place key={only.key} label={only} /> : null}
        {only ? <Attributes key={`attributes ${only.key}`} label={only} /> : null}
      </fieldset>
    </section>
  );
}

function Place({ label }: { label: Label }) {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  switch (label.type) {
    case 'bbox': {
      const names = ['left', 'top', 'width', 'height'] as const;
      return (
        <div className="grid grid-cols-2 gap-2">
          {names.map((name, i) => (
            <NumberField
              key={name}
              label={t(name)}
              value={label.geometry.box[i] ?? 0}
              onChange={(value) =>
                run((editor) => {
                  const [x, y, width, height] = label.geometry.box.with(i, value);
                  return setBox(editor, [x ?? 0, y ?? 0, width ?? 0, height ?? 0]);
                })
              }
            />
          ))}
        </div>
      );
    }
    case 'obb': {
      const { degrees, width, height } = placeOf(label.geometry.corners);
      return (
        <div className="flex items-end gap-3">
          <div className="w-28">
            <NumberField
              label={t('angle')}
              value={degrees}
              onChange={(value) => run((editor) => turnTo(editor, value))}
            />
          </div>
          <p className="pb-1.5 text-xs text-dim tabular-nums">
            {Math.round(width)} × {Math.round(height)}
          </p>
        </div>
      );
    }
    case 'polygon':
      return <p className="text-xs text-dim">{t('points', { count: label.geometry.polygons.flat().length / 2 })}</p>;
    case 'keypoints':
      return <Keypoints label={label} />;
    case 'rle':
      return <p className="text-xs text-dim">{t('pixels', { count: areaOf(label) })}</p>;
    default:
      return null;
  }
}

function areaOf(label: Label & { type: 'rle' }): number {
  let area = 0;
  for (const runs of maskOf(label.geometry.rle).columns.values())
    for (let i = 0; i + 1 < runs.length; i += 2) area += (runs[i + 1] ?? 0) - (runs[i] ?? 0);
  return area;
}

const VISIBILITIES = ['absent', 'hidden', 'seen'] as const;

/** The points by the names of the skeleton, each a button that makes it the one that keys act on. */
function Keypoints({ label }: { label: Label & { type: 'keypoints' } }) {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const names = useEditor((editor) => editor.classes.find(({ name }) => name === label.className)?.keypoints);
  const active = useEditor((editor) => editor.activePoint);
  const { keypoints } = label.geometry;
  return (
    <ul className="text-xs">
      {Array.from({ length: keypoints.length / 3 }, (_, i) => i).map((i) => (
        <li key={i}>
          <button
            type="button"
            aria-pressed={active === i}
            className="flex min-h-7 w-full items-center gap-2 rounded px-1.5 text-left hover:bg-raised aria-pressed:bg-raised pointer-coarse:min-h-11"
            onClick={() => run((editor) => ({ ...editor, activePoint: i }))}
          >
            <span className="min-w-0 flex-1 truncate">{names?.[i] ?? i + 1}</span>
            <span className="text-dim">{t(`visibility.${VISIBILITIES[keypoints[3 * i + 2] ?? 0] ?? 'absent'}`)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A number that counts once it is whole: with Enter, or when one leaves the field. */
function NumberField({ label, value, onChange }: { label: string; value: number; onChange(value: number): void }) {
  const shown = String(Math.round(value * 100) / 100);
  const [typed, setTyped] = useState<string | null>(null);
  const commit = () => {
    const wanted = Number(typed);
    if (typed !== null && typed.trim() !== '' && Number.isFinite(wanted) && typed !== shown) onChange(wanted);
    setTyped(null);
  };
  return (
    <label className="block text-xs text-dim">
      {label}
      <input
        type="number"
        step="any"
        className={`${smallFieldStyle} mt-0.5 tabular-nums`}
        value={typed ?? shown}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setTyped(null);
        }}
      />
    </label>
  );
}

function Attributes({ label }: { label: Label }) {
  const t = useTranslations('annotate');
  const { run } = useEditorStore();
  const entries = Object.entries(label.attributes).filter(([name]) => name !== 'z_order');
  return (
    <div>
      <h3 className="mb-1 text-xs font-semibold text-dim">{t('attributes')}</h3>
      <ul className="space-y-1.5">
        {entries.map(([name, value]) => (
          <li key={name} className="flex items-center gap-1">
            <AttributeField
              name={name}
              value={value}
              onChange={(next) => run((now) => setAttribute(now, name, next))}
            />
            <IconButton
              icon={X}
              label={t('removeAttribute', { name })}
              className="text-dim"
              onClick={() => run((now) => setAttribute(now, name, undefined))}
            />
          </li>
        ))}
      </ul>
      <form
        className="mt-2 flex gap-1.5"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const data = new FormData(form);
          const name = String(data.get('name')).trim();
          if (name === '') return;
          run((now) => setAttribute(now, name, meant(String(data.get('value')))));
          form.reset();
        }}
      >
        <input
          name="name"
          maxLength={200}
          required
          placeholder={t('attributeName')}
          aria-label={t('attributeName')}
          className={smallFieldStyle}
        />
        <input
          name="value"
          placeholder={t('attributeValue')}
          aria-label={t('attributeValue')}
          className={smallFieldStyle}
        />
        <button type="submit" className={smallButtonStyle}>
          {t('addAttribute')}
        </button>
      </form>
    </div>
  );
}

/** The value that a text stands for: yes, no, a number, or itself. */
function meant(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** A field by the kind of the value: a box to tick, a number, a text. What is nested is only shown. */
function AttributeField({ name, value, onChange }: { name: string; value: unknown; onChange(value: unknown): void }) {
  if (typeof value === 'boolean') {
    return (
      <label className="flex min-h-8 min-w-0 flex-1 items-center gap-2 text-sm pointer-coarse:min-h-11">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={value}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        <span className="truncate">{name}</span>
      </label>
    );
  }
  if (typeof value === 'number') {
    return (
      <div className="min-w-0 flex-1">
        <NumberField label={name} value={value} onChange={onChange} />
      </div>
    );
  }
  if (typeof value === 'string') {
    return (
      <label className="block min-w-0 flex-1 text-xs text-dim">
        {name}
        <input
          className={`${smallFieldStyle} mt-0.5`}
          defaultValue={value}
          key={value}
          onBlur={(event) => {
            if (event.currentTarget.value !== value) onChange(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur();
          }}
        />
      </label>
    );
  }
  return (
    <p className="min-w-0 flex-1 text-xs">
      <span className="text-dim">{name}</span> <code className="break-all">{JSON.stringify(value)}</code>
    </p>
  );
}
