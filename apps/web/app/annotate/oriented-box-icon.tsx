import { type LucideProps, Square } from 'lucide-react';
import { forwardRef } from 'react';

/** A square that is turned: Lucide has none. */
export const OrientedBox = forwardRef<SVGSVGElement, LucideProps>(function OrientedBox(props, ref) {
  return <Square ref={ref} {...props} style={{ transform: 'rotate(28deg) scale(0.9)' }} />;
});
