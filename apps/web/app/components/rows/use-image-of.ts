import { useTranslations } from 'use-intl';

/** Where the images of rows are, and what they are called. */
export function useImageOf(datasetId: string, { subset, split }: { subset: string | null; split: string | null }) {
  const t = useTranslations('rows');
  return (index: number, column: string): { src: string; alt: string } => {
    const query = new URLSearchParams({ subset: subset ?? '', split: split ?? '', index: String(index), column });
    return { src: `/api/v1/datasets/${datasetId}/samples/cell?${query}`, alt: t('imageOf', { index }) };
  };
}
