import type { DatasetView, ImageView } from '@granary/client';
import { Images, Rows3 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { trpc } from '~/trpc';
import { TileOverlay } from '../annotation-overlay';
import { thumbnailUrl } from '../image-tile';
import { LAYERS, type Layer } from '../shapes';

const PICTURES = 4;
const ALL: ReadonlySet<Layer> = new Set(LAYERS);

/** The first pictures of a dataset with their labels, asked for when the card comes into view. */
export function Cover({ dataset: { id, numImages, numSamples } }: { dataset: DatasetView }) {
  const frame = useRef<HTMLDivElement>(null);
  const [images, setImages] = useState<readonly ImageView[]>([]);
  useEffect(() => {
    if (!frame.current || numImages === 0) return;
    let isWanted = true;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        observer.disconnect();
        // A picture that does not come is no loss: the card says all else.
        void trpc.images.list.query({ id, limit: PICTURES, withAnnotations: 'true' }).then(
          ({ items }) => isWanted && setImages(items.filter(({ problem }) => !problem)),
          () => {},
        );
      },
      { rootMargin: '200px' },
    );
    observer.observe(frame.current);
    return () => {
      isWanted = false;
      observer.disconnect();
    };
  }, [id, numImages]);
  const Icon = numSamples > 0 ? Rows3 : Images;
  return (
    <div
      ref={frame}
      aria-hidden
      className="grid aspect-5/2 grid-flow-col gap-px overflow-hidden rounded-t-xl bg-raised text-faint"
    >
      {images.length === 0 ? <Icon className="size-8 place-self-center" /> : null}
      {images.map(({ id: fileId, width, height, annotations }) => (
        <div key={fileId} className="relative min-w-0 overflow-hidden">
          <img
            src={thumbnailUrl(id, fileId, 320)}
            alt=""
            loading="lazy"
            className="absolute inset-0 size-full object-cover"
          />
          {width && height && annotations?.length ? (
            <TileOverlay width={width} height={height} annotations={annotations} shown={ALL} isCropped />
          ) : null}
        </div>
      ))}
    </div>
  );
}
