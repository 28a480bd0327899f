import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { act, load } from '~/api.server';
import { Markdown } from '~/components/markdown';
import { Button, Card, Field, FormError, fieldStyle } from '~/components/ui';
import { VisibilityChoice } from '~/components/visibility-choice';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  return load(request, context, (api) => api.datasets.get({ id: params.id ?? '' }));
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const form = await request.formData();
  const text = (name: string) => String(form.get(name) ?? '');
  const visibility = form.get('visibility');
  const input = {
    id: params.id ?? '',
    name: text('name'),
    description: text('description'),
    tags: text('tags')
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
    ...(visibility === null ? {} : { visibility: String(visibility) }),
  } as Parameters<typeof context.api.datasets.update>[0];
  const { error } = await act(() => context.api.datasets.update(input));
  return { error, savedAt: Date.now() };
}

export default function Settings() {
  const dataset = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const isBusy = useNavigation().state !== 'idle';
  const error = answer?.error ?? null;
  useEffect(() => {
    if (answer && !answer.error) toast.success('Saved');
  }, [answer]);
  const issueOf = (path: string) => error?.issues?.find((issue) => issue.path.split('.')[0] === path)?.message;
  if (!dataset.actions.includes('edit'))
    return <p className="text-dim">You may look at this dataset, and not change it.</p>;
  return (
    <Form method="post" className="grid gap-6 lg:grid-cols-2">
      <Card className="space-y-5">
        <Field label="Name" name="name" required maxLength={120} defaultValue={dataset.name} error={issueOf('name')} />
        <div>
          <label htmlFor="description" className="mb-1.5 block text-sm font-medium text-slate-300">
            Description <span className="font-normal text-dim">(Markdown)</span>
          </label>
          <textarea
            id="description"
            name="description"
            rows={10}
            maxLength={20_000}
            defaultValue={dataset.description}
            className={`${fieldStyle} w-full font-mono`}
          />
        </div>
        <Field
          label="Tags"
          name="tags"
          defaultValue={dataset.tags.join(', ')}
          hint="Separated by commas: letters, digits, space, dot, dash and underscore"
          error={issueOf('tags')}
        />
        {dataset.actions.includes('manage') ? <VisibilityChoice value={dataset.visibility} /> : null}
        {error && !error.issues ? <FormError message={error.message} hint={error.hint} /> : null}
        <Button type="submit" disabled={isBusy}>
          Save
        </Button>
      </Card>
      <Card title="How the description looks">
        {dataset.description ? (
          <Markdown>{dataset.description}</Markdown>
        ) : (
          <p className="text-sm text-dim">None yet.</p>
        )}
      </Card>
    </Form>
  );
}
