import { Check } from 'lucide-react';
import { useTranslations } from 'use-intl';

const STEPS = ['basics', 'images', 'annotations', 'review'] as const;
export const LAST_STEP = STEPS.length;

/** Where one is on the way; steps that were passed lead back. */
export function Steps({ step, reached, onGo }: { step: number; reached: number; onGo(step: number): void }) {
  const t = useTranslations('wizard');
  return (
    <nav aria-label={t('steps')} className="mb-5">
      <ol className="flex flex-wrap gap-x-1 gap-y-2 text-sm">
        {STEPS.map((title, index) => {
          const number = index + 1;
          const isDone = number < step;
          return (
            <li key={title} className="flex flex-1 items-center gap-2">
              <button
                type="button"
                disabled={number > reached}
                aria-current={number === step ? 'step' : undefined}
                onClick={() => onGo(number)}
                className="flex items-center gap-2 rounded px-1 py-0.5 text-dim enabled:hover:text-ink aria-[current]:font-medium aria-[current]:text-ink"
              >
                <span
                  className={`flex size-6 items-center justify-center rounded-full text-xs ${number === step ? 'bg-action text-on-action' : 'bg-raised'}`}
                >
                  {isDone ? <Check className="size-3.5" aria-hidden /> : number}
                </span>
                <span className={number === step ? 'whitespace-nowrap' : 'sr-only sm:not-sr-only'}>{t(title)}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
