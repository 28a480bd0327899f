import type { ErrorBody } from '@granary/client';
import { Form, useNavigation } from '@remix-run/react';
import type { ReactNode } from 'react';
import { useServerTexts } from '~/server-texts';
import { Button, Card, Field, ServerError } from './ui';

export interface SignField {
  name: string;
  label: string;
  type: string;
  autoComplete: string;
  hint?: string;
  defaultValue?: string;
}

/** The form of the sign-in and sign-up pages: field errors beside their fields, the rest above the button. */
export function SignForm({
  title,
  submit,
  fields,
  error,
  footer,
}: {
  title: string;
  submit: string;
  fields: readonly SignField[];
  error: ErrorBody | null | undefined;
  footer: ReactNode;
}) {
  const isBusy = useNavigation().state !== 'idle';
  const texts = useServerTexts();
  const issueOf = (name: string) => texts.field(error?.issues, name);
  const isAboutFields = fields.some((field) => issueOf(field.name));
  return (
    <div className="mx-auto mt-8 max-w-sm sm:mt-16">
      <h1 className="mb-6 text-center text-2xl font-semibold tracking-tight">{title}</h1>
      <Card>
        <Form method="post" className="space-y-4">
          {fields.map((field) => (
            <Field key={field.name} {...field} required error={issueOf(field.name)} />
          ))}
          {error && !isAboutFields ? <ServerError error={error} /> : null}
          <Button type="submit" className="w-full" disabled={isBusy}>
            {submit}
          </Button>
        </Form>
      </Card>
      <p className="mt-4 text-center text-sm text-dim">{footer}</p>
    </div>
  );
}
