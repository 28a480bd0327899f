import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Form, Link, useActionData, useNavigation } from '@remix-run/react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load, toSignIn } from '~/api.server';
import { HubContents, type HubInfo } from '~/components/hub-contents';
import { Button, buttonStyle, Card, Field, SelectField, ServerError } from '~/components/ui';
import { optional, parseForm } from '~/form.server';
import { useServerTexts } from '~/server-texts';
import { titled } from '~/title';

export const meta = titled(({ hub }) => hub.title);

/** Who is not signed in goes to the sign-in page. */
export async function loader({ request, context }: LoaderFunctionArgs) {
  if (await context.isAnonymous()) throw toSignIn(request);
  return load(request, context, async (api) => {
    await api.datasets.list({ limit: 1 });
    return null;
  });
}

const form = z.object({
  intent: z.enum(['look-up', 'download', 'again']),
  repoId: optional,
  revision: optional,
  accessToken: optional,
  name: optional,
  subset: optional,
  split: optional,
  maxSamples: optional,
  tokenizer: optional,
});

export async function action({ request, context }: ActionFunctionArgs) {
  const { intent, repoId = '', revision, accessToken, ...asked } = await parseForm(request, form);
  const what = { repoId, revision, accessToken };
  if (intent === 'look-up') {
    const { result: info, error } = await act(() => context.api.hub.lookUp(what));
    return { info, error, duplicate: null };
  }
  const { name, subset, split, maxSamples, tokenizer } = asked;
  const { result, error } = await act(() =>
    context.api.hub.download({
      ...what,
      name,
      subset,
      split,
      maxSamples: maxSamples === undefined ? undefined : Number(maxSamples),
      again: intent === 'again',
      ...(tokenizer ? { tokenize: { tokenizer } } : {}),
    }),
  );
  if (error) return { info: null, error, duplicate: null };
  if (!result.isDuplicate) throw redirect(`/datasets/${result.id}`);
  return { info: null, error: null, duplicate: { id: result.id, name: result.name } };
}

export default function FromHub() {
  const t = useTranslations('hub');
  const answer = useActionData<typeof action>();
  const texts = useServerTexts();
  const navigation = useNavigation();
  const isBusy = navigation.state !== 'idle';
  const isLookingUp = isBusy && navigation.formData?.get('intent') === 'look-up';
  const info = useLatest(answer?.info ?? null);
  const issueOf = (path: string) => texts.field(answer?.error?.issues, path);
  return (
    <div className="mx-auto max-w-3xl">
      <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
      <p className="mt-1 mb-5 text-sm text-dim">{t('intro')}</p>
      <Form method="post" className="space-y-5">
        <Card className="space-y-5">
          <Field
            label={t('repository')}
            name="repoId"
            required
            autoComplete="off"
            spellCheck={false}
            placeholder="openai/gsm8k"
            hint={t('repositoryHint')}
            error={issueOf('repoId')}
          />
          <div className="grid gap-5 sm:grid-cols-2">
            <Field
              label={t('revision')}
              name="revision"
              autoComplete="off"
              hint={t('revisionHint')}
              error={issueOf('revision')}
            />
            <Field
              label={t('token')}
              name="accessToken"
              type="password"
              autoComplete="off"
              hint={t('tokenHint')}
              error={issueOf('accessToken')}
            />
          </div>
          {answer?.error && !answer.error.issues ? <ServerError error={answer.error} /> : null}
          {/* The first of its form: it is what the Enter key presses. */}
          <Button type="submit" name="intent" value="look-up" variant="secondary" disabled={isBusy}>
            {isLookingUp ? t('lookingUp') : t('lookUp')}
          </Button>
        </Card>
        {info ? <HubContents info={info} /> : null}
        <Card className="space-y-5">
          <Choice info={info} />
          <div className="grid gap-5 sm:grid-cols-2">
            <Field
              label={t('maxSamples')}
              name="maxSamples"
              type="number"
              min={1}
              hint={t('maxSamplesHint')}
              error={issueOf('maxSamples')}
            />
            <Field label={t('name')} name="name" maxLength={255} hint={t('nameHint')} error={issueOf('name')} />
          </div>
          <Field
            label={t('tokenize')}
            name="tokenizer"
            autoComplete="off"
            hint={t('tokenizeHint')}
            error={issueOf('tokenize.tokenizer')}
          />
          {answer?.duplicate ? (
            <div role="status" className="flex flex-wrap items-center gap-3 rounded-md bg-note/10 px-4 py-3 text-sm">
              <span className="min-w-0 flex-1">{t('duplicate', { name: answer.duplicate.name })}</span>
              <Link to={`/datasets/${answer.duplicate.id}`} className={buttonStyle.secondary}>
                {t('open')}
              </Link>
              <Button type="submit" name="intent" value="again" variant="secondary" disabled={isBusy}>
                {t('again')}
              </Button>
            </div>
          ) : null}
          <Button type="submit" name="intent" value="download" disabled={isBusy}>
            {t('download')}
          </Button>
        </Card>
      </Form>
    </div>
  );
}

/** What was found last: it stays while a later answer is about something else. */
function useLatest(info: HubInfo | null): HubInfo | null {
  const [latest, setLatest] = useState(info);
  if (info && info !== latest) setLatest(info);
  return info ?? latest;
}

/** Subset and split: of what there is, once that is known. */
function Choice({ info }: { info: HubInfo | null }) {
  const t = useTranslations('hub');
  const [subset, setSubset] = useState('');
  const subsets = info?.subsets ?? [];
  const splits = [
    ...new Set(
      subsets
        .filter(({ name }) => subset === '' || name === subset)
        .flatMap(({ splits }) => splits.map(({ name }) => name)),
    ),
  ];
  if (subsets.length === 0) {
    return (
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label={t('subset')} name="subset" placeholder={t('all')} autoComplete="off" />
        <Field label={t('split')} name="split" placeholder={t('all')} autoComplete="off" />
      </div>
    );
  }
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <SelectField label={t('subset')} name="subset" value={subset} onChange={(event) => setSubset(event.target.value)}>
        <Options names={subsets.map(({ name }) => name)} />
      </SelectField>
      <SelectField label={t('split')} name="split">
        <Options names={splits} />
      </SelectField>
    </div>
  );
}

function Options({ names }: { names: readonly string[] }) {
  const t = useTranslations('hub');
  return (
    <>
      <option value="">{t('all')}</option>
      {names.map((name) => (
        <option key={name} value={name} translate="no">
          {name}
        </option>
      ))}
    </>
  );
}
