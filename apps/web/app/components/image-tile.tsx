import type { ImageView } from '@granary/api/client';
import { Link } from '@remix-run/react';
import { ImageOff } from 'lucide-react';
import { AnnotationOverlay } from './annotation-overlay';

export const thumbnailUrl = (datasetId: string, fileId: number, width = 320) =>
  `/api/v1/datasets/${datasetId}/images/${fileId}/thumbnail?w=${width}`;

/** A thumbnail with its annotations, leading to the image. */
export function ImageTile({ datasetId, image }: { datasetId: string; image: ImageView }) {
  const name = image.path.slice(image.path.lastIndexOf('/') + 1);
  return (
    <Link
      to={`/datasets/${datasetId}/images/${image.id}`}
      className="group block overflow-hidden rounded-lg border border-line bg-surface hover:border-slate-500"
    >
      <div className="relative aspect-4/3 bg-black/40">
        {image.problem ? (
          <div className="flex size-full flex-col items-center justify-center gap-2 p-3 text-center text-xs text-red-300">
            <ImageOff className="size-6" aria-hidden />
            {image.problem}
          </div>
        ) : (
          <img
            src={thumbnailUrl(datasetId, image.id)}
            alt={image.path}
            loading="lazy"
            className="size-full object-contain"
          />
        )}
        {image.width && image.height && image.annotations && !image.problem ? (
          <AnnotationOverlay width={image.width} height={image.height} annotations={image.annotations} />
        ) : null}
      </div>
      <div className="flex items-center justify-between gap-2 px-2.5 py-1.5 text-xs text-dim">
        <span className="truncate" title={image.path}>
          {name}
        </span>
        <span className="shrink-0">{[image.split, image.className].filter(Boolean).join(' · ')}</span>
      </div>
    </Link>
  );
}
