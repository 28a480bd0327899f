import type { LoaderFunctionArgs } from '@remix-run/node';
import { languageOf, MESSAGES, SERVER_TEXTS } from './language.server';

/** What every page knows: who is there, and the language. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  const language = await languageOf(request, context);
  return {
    person: context.person,
    language,
    messages: MESSAGES[language],
    serverTexts: SERVER_TEXTS[language],
  };
}
