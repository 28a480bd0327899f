import { Form, useSearchParams } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { Button, fieldStyle } from './ui';

/** A search that the address keeps. */
export function SearchForm({ label }: { label: string }) {
  const actions = useTranslations('actions');
  const [query] = useSearchParams();
  return (
    <Form className="flex gap-2" role="search">
      {[...query]
        .filter(([name]) => name !== 'search' && name !== 'cursor')
        .map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
      <input
        type="search"
        name="search"
        defaultValue={query.get('search') ?? ''}
        placeholder={label}
        aria-label={label}
        className={`${fieldStyle} w-full max-w-sm`}
      />
      <Button type="submit" variant="secondary" className="shrink-0">
        {actions('search')}
      </Button>
    </Form>
  );
}
