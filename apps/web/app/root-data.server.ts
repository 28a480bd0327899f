import type { LoaderFunctionArgs } from '@remix-run/node';
import { languageOf, MESSAGES, SERVER_TEXTS } from './language.server';

/** What every page knows: who is there, whom the site lets look, and the language. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const [language, isAnonymous, { anonymousRead }] = await Promise.all([
    languageOf(request, context),
    context.isAnonymous(),
    context.site(),
  ]);
  return {
    person: context.person,
    isAnonymous,
    anonymousRead,
    language,
    messages: MESSAGES[language],
    serverTexts: SERVER_TEXTS[language],
  };
}
