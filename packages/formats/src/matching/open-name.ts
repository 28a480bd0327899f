/** A name in an annotation file that no file of the dataset has, with what else is known of its image. */
export interface OpenName {
  name: string;
  split: string | null;
  /** In pixels, as the annotation file says. */
  width: number | null;
  height: number | null;
}
