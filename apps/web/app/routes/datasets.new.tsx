import type { AppRouter, ErrorBody } from '@granary/api/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useNavigate, useNavigation } from '@remix-run/react';
import { TRPCClientError } from '@trpc/client';
import { type FormEvent, useState } from 'react';
import { act, toSignIn } from '~/api.server';
import { AnalysisPanel } from '~/components/analysis-panel';
import { DropZone } from '~/components/drop-zone';
import { Button, Card, Field, FormError } from '~/components/ui';
import { formatBytes, formatCount } from '~/format';
import { trpc } from '~/trpc';
import { useAnalysis } from '~/upload/analysis';
import { uploads } from '~/upload/manager';
import type { PickedFile } from '~/upload/tar';

export const meta: MetaFunction = () => [{ title: 'New dataset · Granary' }];

export function loader({ request, context }: LoaderFunctionArgs) {
  if (!context.person) throw toSignIn(request);
  return null;
}

/** Without JavaScript the dataset is made here, and the files follow on its page. */
export async function action({ request, context }: ActionFunctionArgs) {
  const { name, description } = fieldsOf(await request.formData());
  const { result, error } = await act(() => context.api.datasets.create({ name, description }));
  return error ?? redirect(`/datasets/${result.id}`);
}

const fieldsOf = (form: FormData) => ({
  name: String(form.get('name') ?? ''),
  description: String(form.get('description') ?? ''),
});

export default function NewDataset() {
  const navigate = useNavigate();
  const actionError = useActionData<typeof action>();
  const [files, setFiles] = useState<PickedFile[]>([]);
  const [name, setName] = useState('');
  const [clientError, setClientError] = useState<ErrorBody | null>(null);
  const [isCreating, setIsCreating] = useState(false);
  const analysis = useAnalysis(files);
  const isBusy = useNavigation().state !== 'idle' || isCreating;
  const error = clientError ?? actionError;

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    if (files.length === 0) return;
    event.preventDefault();
    setIsCreating(true);
    try {
      const dataset = await trpc.datasets.create.mutate(fieldsOf(new FormData(event.currentTarget)));
      uploads.start(dataset.id, files);
      navigate(`/datasets/${dataset.id}`);
    } catch (thrown) {
      setClientError(errorOf(thrown));
      setIsCreating(false);
    }
  };
  const pick = (picked: PickedFile[]) => {
    setFiles(picked);
    setName((current) => current || suggestedName(picked));
  };
  return (
    <div className="mx-auto max-w-2xl">
      <h1 className="mb-6 text-2xl font-semibold tracking-tight">New dataset</h1>
      <Form method="post" onSubmit={(event) => void submit(event)}>
        <Card className="space-y-5">
          {files.length === 0 ? (
            <DropZone onPick={pick} />
          ) : (
            <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg bg-raised px-4 py-3 text-sm">
              <span className="min-w-0 break-words">
                <strong className="font-medium">{files[0]?.path}</strong>
                {files.length > 1 ? ` and ${formatCount(files.length - 1)} more` : ''} ·{' '}
                {formatBytes(files.reduce((sum, { file }) => sum + file.size, 0))}
              </span>
              <Button variant="secondary" onClick={() => setFiles([])}>
                Choose others
              </Button>
            </div>
          )}
          {analysis ? <AnalysisPanel message={analysis} /> : null}
          <Field
            label="Name"
            name="name"
            type="text"
            required
            maxLength={120}
            value={name}
            onChange={(event) => setName(event.target.value)}
            autoComplete="off"
            error={error?.issues?.find((issue) => issue.path === 'name')?.message}
          />
          <div>
            <label htmlFor="description" className="mb-1.5 block text-sm font-medium text-slate-300">
              Description <span className="font-normal text-dim">(optional)</span>
            </label>
            <textarea
              id="description"
              name="description"
              rows={3}
              maxLength={20_000}
              className="w-full rounded-md border border-slate-600 bg-canvas px-3 py-2 text-sm"
            />
          </div>
          {error && !error.issues ? <FormError message={error.message} hint={error.hint} /> : null}
          <Button type="submit" disabled={isBusy} className="w-full">
            {files.length === 0 ? 'Create an empty dataset' : 'Create and upload'}
          </Button>
        </Card>
      </Form>
    </div>
  );
}

/** The archive's name without its ending, or the folder's. */
function suggestedName([first]: readonly PickedFile[]): string {
  return first?.path.split('/')[0]?.replace(/\.(zip|tar|tar\.gz|tgz|[a-z0-9]{2,5})$/i, '') ?? '';
}

function errorOf(thrown: unknown): ErrorBody {
  if (thrown instanceof TRPCClientError) {
    const { data }: Partial<TRPCClientError<AppRouter>> = thrown;
    if (data?.error) return data.error;
  }
  return { code: 'internal', message: 'The server can not be reached. Check the connection, then try again.' };
}
