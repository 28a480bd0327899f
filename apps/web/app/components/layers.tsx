import { useCallback, useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { LAYERS, type Layer } from './shapes';

const KEY = 'granary.layers';

/** Which layers of annotations are shown; kept in this browser. */
export function useLayers(): { shown: ReadonlySet<Layer>; toggle(layer: Layer): void; toggleAll(): void } {
  const [shown, setShown] = useState<ReadonlySet<Layer>>(() => new Set(LAYERS));
  useEffect(() => {
    const kept = localStorage.getItem(KEY);
    if (kept !== null) setShown(new Set(LAYERS.filter((layer) => kept.split(' ').includes(layer))));
  }, []);
  const keep = useCallback((next: ReadonlySet<Layer>) => {
    localStorage.setItem(KEY, [...next].join(' '));
    return next;
  }, []);
  const toggle = useCallback(
    (layer: Layer) =>
      setShown((current) => keep(new Set(LAYERS.filter((other) => (other === layer) !== current.has(other))))),
    [keep],
  );
  const toggleAll = useCallback(() => setShown((current) => keep(new Set(current.size > 0 ? [] : LAYERS))), [keep]);
  return { shown, toggle, toggleAll };
}

/** Buttons for the layers; `o` on the keyboard is all or nothing. */
export function LayerToggles({
  layers,
  shown,
  onToggle,
}: {
  layers: readonly Layer[];
  shown: ReadonlySet<Layer>;
  onToggle(layer: Layer): void;
}) {
  const t = useTranslations();
  return (
    <fieldset className="flex flex-wrap gap-1.5">
      <legend className="sr-only">{t('images.layers')}</legend>
      {layers.map((layer) => (
        <button
          key={layer}
          type="button"
          aria-pressed={shown.has(layer)}
          onClick={() => onToggle(layer)}
          className="rounded-full border border-line px-2.5 py-1 text-xs text-dim aria-pressed:border-accent/60 aria-pressed:bg-good/10 aria-pressed:text-ink"
        >
          {t(`names.layer.${layer}`)}
        </button>
      ))}
    </fieldset>
  );
}
