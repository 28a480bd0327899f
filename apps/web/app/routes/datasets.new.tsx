import type { ErrorBody } from '@granary/client';
import { errorOf } from '@granary/client/errors';
import type { PickedFile } from '@granary/client/plan';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import {
  Form,
  type ShouldRevalidateFunction,
  useActionData,
  useLoaderData,
  useNavigate,
  useNavigation,
  useSearchParams,
} from '@remix-run/react';
import { type FormEvent, useEffect, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { useCsvChoice } from '~/components/csv-tables';
import { Basics } from '~/components/new-dataset/basics';
import { type Draft, tagsOf, useDraft } from '~/components/new-dataset/draft';
import { AnnotationsStep, ImagesStep } from '~/components/new-dataset/files';
import { Review } from '~/components/new-dataset/review';
import { LAST_STEP, Steps } from '~/components/new-dataset/steps';
import { Button, Card, ServerError } from '~/components/ui';
import { parseForm, text } from '~/form.server';
import { TASKS } from '~/format';
import { titled } from '~/title';
import { trpc } from '~/trpc';
import { useAnalysis } from '~/upload/analysis';
import { uploads } from '~/upload/manager';
import { VISIBILITIES } from '~/visibility';

export const meta = titled(({ wizard }) => wizard.title);

export function loader({ request, context }: LoaderFunctionArgs) {
  return load(request, context, async (api) => {
    const { items } = await api.organizations.list({ limit: 100 });
    return { organizations: items.filter(({ role }) => role !== null).map(({ id, name }) => ({ id, name })) };
  });
}

/** Going from step to step asks the server nothing: it may be away meanwhile. */
export const shouldRevalidate: ShouldRevalidateFunction = ({ formMethod }) => formMethod !== undefined;

type CreateInput = Parameters<typeof trpc.datasets.create.mutate>[0];

const form = z.object({
  name: text,
  description: text,
  tags: text,
  organizationId: text,
  taskType: text,
  license: text,
  visibility: z.enum(VISIBILITIES).default('private'),
});

/** Without JavaScript the dataset is made here, and the files follow on its page. */
export async function action({ request, context }: ActionFunctionArgs) {
  const input = inputOf(await parseForm(request, form));
  const { result, error } = await act(() => context.api.datasets.create(input));
  return error ?? redirect(`/datasets/${result.id}`);
}

function inputOf({
  name,
  description,
  tags,
  visibility,
  organizationId,
  taskType: task,
  license,
}: Omit<Draft, 'picked'>): CreateInput {
  const taskType = TASKS.find((one) => one === task);
  return {
    name,
    description,
    visibility,
    tags: tagsOf(tags),
    ...(organizationId ? { organizationId } : {}),
    ...(taskType ? { taskType } : {}),
    ...(license ? { license } : {}),
  };
}

/** Basics, images, annotations, review: one may go back and forth, and what is typed outlives a reload. */
export default function NewDataset() {
  const t = useTranslations('wizard');
  const frame = useTranslations('frame');
  const navigate = useNavigate();
  const { organizations } = useLoaderData<typeof loader>();
  const actionError = useActionData<typeof action>();
  const [query, setQuery] = useSearchParams();
  const step = Math.min(LAST_STEP, Math.max(1, Number(query.get('step') ?? 1) || 1));
  const [reached, setReached] = useState(step);
  const { draft, change, forget, isKept } = useDraft();
  const [images, setImages] = useState<readonly PickedFile[]>([]);
  const [labels, setLabels] = useState<readonly PickedFile[]>([]);
  const files = useMemo(() => withoutRepeats([...images, ...labels]), [images, labels]);
  const analysis = useAnalysis(files);
  const csv = useCsvChoice(files);
  const [clientError, setClientError] = useState<ErrorBody | null>(null);
  const [isCreating, setIsCreating] = useState(false);
  const [isReading, setIsReading] = useState(false);
  const isBusy = useNavigation().state === 'submitting' || isCreating;
  const error = clientError ?? actionError;

  const go = (to: number) => {
    setReached((now) => Math.max(now, to));
    setQuery(to === 1 ? {} : { step: String(to) }, { preventScrollReset: true });
  };
  // Listing a large folder takes a while: what was typed or picked meanwhile stays.
  const add = (picked: PickedFile[]) => {
    setImages((now) => withoutRepeats([...now, ...picked]));
    change(({ name }) => (name ? {} : { name: suggestedName(picked) }));
  };
  const addLabels = (picked: PickedFile[]) => setLabels((now) => withoutRepeats([...now, ...picked]));
  useEffect(() => {
    const [first] = images;
    if (!first) return;
    const name = topOf(first);
    change({ picked: images.length > 1 ? t('pickedSummary', { name, count: images.length }) : name });
  }, [images, change, t]);
  const clear = () => {
    setImages([]);
    change({ picked: '' });
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    // The form is sent as it is only by who has no scripts.
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    if (submitter instanceof HTMLButtonElement && submitter.value === 'next') return go(step + 1);
    setIsCreating(true);
    try {
      const dataset = await trpc.datasets.create.mutate(inputOf(draft));
      if (files.length > 0) uploads.start(dataset.id, files, csv.wishes);
      forget();
      navigate(`/datasets/${dataset.id}`);
    } catch (thrown) {
      const error = errorOf(thrown) ?? { code: 'internal', message: frame('unreachable') };
      setClientError(error);
      setIsCreating(false);
      if (error.issues || error.code === 'name_taken') go(1);
    }
  };
  return (
    <div className="mx-auto max-w-3xl">
      <div className="mb-4 flex flex-wrap items-baseline justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
        {isKept ? (
          <button type="button" onClick={forget} className="text-sm text-dim hover:text-ink">
            {t('startAfresh')}
          </button>
        ) : null}
      </div>
      <Steps step={step} reached={reached} onGo={go} />
      <Form method="post" onSubmit={(event) => void submit(event)}>
        <Card className="space-y-5">
          {step === 1 ? <Basics draft={draft} change={change} error={error} organizations={organizations} /> : null}
          {step === 2 ? (
            <ImagesStep files={images} missing={draft.picked} onAdd={add} onReading={setIsReading} onClear={clear} />
          ) : null}
          {step === 3 ? (
            <AnnotationsStep
              labels={labels}
              analysis={analysis}
              csv={csv}
              onAdd={addLabels}
              onReading={setIsReading}
              onClear={() => setLabels([])}
            />
          ) : null}
          {step === LAST_STEP ? <Review draft={draft} files={files} analysis={analysis} /> : null}
          {error && !error.issues ? <ServerError error={error} /> : null}
          <div className="flex flex-wrap justify-between gap-3 border-t border-line pt-4">
            {step > 1 ? (
              <Button variant="secondary" onClick={() => go(step - 1)}>
                {t('back')}
              </Button>
            ) : (
              <span />
            )}
            <span className="flex flex-wrap gap-3">
              {/* The first of its form: it is what the Enter key presses. */}
              {step < LAST_STEP ? (
                <Button type="submit" name="intent" value="next" className="order-last" disabled={isReading}>
                  {t('next')}
                </Button>
              ) : null}
              {files.length === 0 ? (
                <Button
                  type="submit"
                  variant={step === LAST_STEP ? 'primary' : 'secondary'}
                  disabled={isBusy || isReading}
                >
                  {t('createEmpty')}
                </Button>
              ) : step === LAST_STEP ? (
                <Button type="submit" disabled={isBusy}>
                  {t('createAndUpload')}
                </Button>
              ) : null}
            </span>
          </div>
        </Card>
      </Form>
    </div>
  );
}

/** Files picked twice are one: the later stays. */
function withoutRepeats(files: readonly PickedFile[]): PickedFile[] {
  return [...new Map(files.map((picked) => [picked.path, picked])).values()];
}

/** The archive's name without its ending, or the folder's. */
function suggestedName([first]: readonly PickedFile[]): string {
  return topOf(first).replace(/\.(zip|tar|tar\.(gz|bz2|xz|zst)|tgz|[a-z0-9]{2,5})$/i, '');
}

const topOf = (picked: PickedFile | undefined): string => picked?.path.split('/')[0] ?? '';
