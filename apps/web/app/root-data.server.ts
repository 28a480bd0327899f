import type { LoaderFunctionArgs } from '@remix-run/node';
import { languageOf, MESSAGES, SERVER_TEXTS } from './language.server';
import { themeOf } from './theme.server';

/** What every page knows: who is there, whom the site lets look, the language and the theme. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const [language, theme, isAnonymous, { anonymousRead }] = await Promise.all([
    languageOf(request, context),
    themeOf(request),
    context.isAnonymous(),
    context.site(),
  ]);
  return {
    person: context.person,
    isAnonymous,
    anonymousRead,
    language,
    theme,
    messages: MESSAGES[language],
    serverTexts: SERVER_TEXTS[language],
  };
}
