import type { ImageView } from '@granary/client';
import { Link } from '@remix-run/react';
import { ImageOff } from 'lucide-react';
import { atVersion, useVersion } from '~/version';
import { TileOverlay } from './annotation-overlay';
import { LAYERS, type Layer } from './shapes';

export const thumbnailUrl = (datasetId: string, fileId: number, width = 320, version?: string) =>
  atVersion(`/api/v1/datasets/${datasetId}/images/${fileId}/thumbnail?w=${width}`, version);

const ALL: ReadonlySet<Layer> = new Set(LAYERS);

/** A thumbnail with its annotations, leading to the image. Few elements: a gallery has many tiles. */
export function ImageTile({
  datasetId,
  image,
  shown = ALL,
  version: given,
  to,
}: {
  datasetId: string;
  image: ImageView;
  shown?: ReadonlySet<Layer>;
  /** By default that of the page. */
  version?: string;
  /** By default the image itself. */
  to?: string;
}) {
  const name = image.path.slice(image.path.lastIndexOf('/') + 1);
  const { width, height, annotations, problem } = image;
  const ofPage = useVersion();
  const version = given ?? ofPage;
  return (
    <Link
      to={to ?? atVersion(`/datasets/${datasetId}/images/${image.id}`, version)}
      className="relative block aspect-4/3 overflow-hidden rounded-lg border border-line bg-raised hover:border-edge"
      title={[image.path, image.split, image.className].filter(Boolean).join(' · ')}
    >
      {problem ? (
        <p className="flex size-full flex-col items-center justify-center gap-2 p-3 text-center text-xs text-bad">
          <ImageOff className="size-6" aria-hidden />
          {problem}
        </p>
      ) : (
        <img
          src={thumbnailUrl(datasetId, image.id, 320, version)}
          alt={image.path}
          loading="lazy"
          className="size-full object-contain"
        />
      )}
      {width && height && annotations && annotations.length > 0 && !problem ? (
        <TileOverlay width={width} height={height} annotations={annotations} shown={shown} />
      ) : null}
      <span className="absolute inset-x-0 bottom-0 truncate bg-scrim px-2 py-1 text-xs text-white">
        {image.split ? `${image.split} · ` : ''}
        {name}
      </span>
    </Link>
  );
}
