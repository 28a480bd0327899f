import { useTranslations } from 'use-intl';

/** Where images and sounds of rows are, and what they are called. */
export interface CellMedia {
  image: { src: string; alt: string };
  audio: { src: string; label: string };
  /** Where the image is that the dataset has under this path; null for a dataset without images. */
  named: ((path: string) => string) | null;
}

export function useMediaOf(
  datasetId: string,
  { subset, split, hasImages }: { subset: string | null; split: string | null; hasImages: boolean },
) {
  const t = useTranslations('rows');
  const base = `/api/v1/datasets/${datasetId}/samples`;
  return (index: number, column: string): CellMedia => {
    const query = new URLSearchParams({ subset: subset ?? '', split: split ?? '', index: String(index), column });
    return {
      image: { src: `${base}/cell?${query}`, alt: t('imageOf', { index }) },
      audio: { src: `${base}/audio?${query}`, label: t('audioOf', { index }) },
      named: hasImages ? (path) => `${base}/image?${new URLSearchParams({ path })}` : null,
    };
  };
}
