import type { PickedFile } from '@granary/client/plan';
import type { OwnImage } from '@granary/formats';
import { isImagePath } from '@granary/formats';
import { useEffect, useState } from 'react';
import { trpc } from '~/trpc';

/** With more images, labels find theirs only once they are imported. */
const MAX_IMAGES = 200_000;
const NONE: readonly OwnImage[] = [];

/** The images of a dataset that picked labels may speak of: none where only images are picked, null while they are asked for. */
export function useOwnImages(
  { id, numImages }: { id: string; numImages: number },
  files: readonly PickedFile[],
): readonly OwnImage[] | null {
  const isWanted = numImages > 0 && numImages <= MAX_IMAGES && files.some(({ path }) => !isImagePath(path));
  const [images, setImages] = useState<readonly OwnImage[] | null>(null);
  useEffect(() => {
    setImages(null);
    if (!isWanted) return;
    let isStill = true;
    // Without them the labels are looked at by themselves.
    namesOf(id, () => isStill).then(
      (found) => isStill && setImages(found),
      () => isStill && setImages(NONE),
    );
    return () => {
      isStill = false;
    };
  }, [id, isWanted]);
  return isWanted ? images : NONE;
}

async function namesOf(id: string, isStill: () => boolean): Promise<OwnImage[]> {
  const images: OwnImage[] = [];
  let cursor: string | undefined;
  do {
    const page = await trpc.images.names.query({ id, cursor });
    images.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && isStill());
  return images;
}
