import { Form, useLocation } from '@remix-run/react';
import { Monitor, Moon, Sun } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { THEMES, type Theme } from '~/theme';
import { useRoot } from '~/use-root';
import { buttonStyle } from './ui';

const ICONS = { system: Monitor, light: Sun, dark: Moon } satisfies Record<Theme, unknown>;

/** All themes, the present one marked. */
export function ThemeChoice() {
  const t = useTranslations('frame');
  const { pathname, search } = useLocation();
  const theme = useRoot()?.theme ?? 'system';
  return (
    <Form method="post" action="/theme" reloadDocument className="flex flex-wrap gap-2">
      <input type="hidden" name="next" value={pathname + search} />
      {THEMES.map((each) => {
        const Icon = ICONS[each];
        return (
          <button
            key={each}
            type="submit"
            name="theme"
            value={each}
            aria-pressed={each === theme}
            className={`${buttonStyle.secondary} aria-pressed:border-accent`}
          >
            <Icon className="size-4" aria-hidden /> {t(`themes.${each}`)}
          </button>
        );
      })}
    </Form>
  );
}

/** One button, which goes on to the next theme: that of the system, light, dark. On narrow screens one's account has the choice. */
export function ThemeSwitch() {
  const t = useTranslations('frame');
  const { pathname, search } = useLocation();
  const theme = useRoot()?.theme ?? 'system';
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  const Icon = ICONS[theme];
  const name = t('theme', { theme: t(`themes.${theme}`), next: t(`themes.${next}`) });
  return (
    <Form method="post" action="/theme" reloadDocument className="hidden sm:block">
      <input type="hidden" name="next" value={pathname + search} />
      <button
        type="submit"
        name="theme"
        value={next}
        title={name}
        aria-label={name}
        className="flex items-center rounded p-1.5 text-dim hover:text-ink"
      >
        <Icon className="size-4" aria-hidden />
      </button>
    </Form>
  );
}
