import { Form, useLocation } from '@remix-run/react';
import { Languages } from 'lucide-react';
import { useLocale, useTranslations } from 'use-intl';
import { LANGUAGE_NAMES, LANGUAGES } from '~/language';

/** A button for every other language; the page is loaded anew in it. */
export function LanguageSwitch() {
  const t = useTranslations('frame');
  const locale = useLocale();
  const { pathname, search } = useLocation();
  return (
    <Form method="post" action="/language" reloadDocument aria-label={t('language')}>
      <input type="hidden" name="next" value={pathname + search} />
      {LANGUAGES.filter((language) => language !== locale).map((language) => (
        <button
          key={language}
          type="submit"
          name="language"
          value={language}
          lang={language}
          className="flex items-center gap-1.5 rounded px-2 py-1 text-sm text-dim hover:text-ink"
        >
          <Languages className="size-4" aria-hidden />
          <span className="sr-only sm:not-sr-only">{LANGUAGE_NAMES[language]}</span>
        </button>
      ))}
    </Form>
  );
}
