import { TriangleAlert } from 'lucide-react';
import { useTranslations } from 'use-intl';

/** What a format cannot hold: each loss with the number of its images, or by examples where it is of none. */
export function Losses({
  losses,
  title,
}: {
  losses: readonly { message: string; images: number; examples: string[] }[];
  title: string;
}) {
  const amounts = useTranslations('amounts');
  return (
    <>
      <p className="flex gap-2 text-sm">
        <TriangleAlert className="size-5 shrink-0 text-warn" aria-hidden />
        {title}
      </p>
      <ul className="mt-2 ml-7 list-disc space-y-1 text-sm text-dim">
        {losses.map(({ message, images, examples }) => (
          <li key={message} title={examples.join('\n')}>
            {message} ({images === 0 ? examples.join(', ') : amounts('images', { count: images })})
          </li>
        ))}
      </ul>
    </>
  );
}
