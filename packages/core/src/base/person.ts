/** Who asks. */
export interface Person {
  id: string;
  email: string;
  name: string;
  isAdmin: boolean;
  /** The only dataset they can see: their API key is limited to it. */
  onlyDataset?: string | undefined;
  /** They also see what is public: a share link closes nothing that the site opens to everyone. */
  seesPublic?: boolean | undefined;
  /** The share link they opened, which lets them view its dataset, or one version of it only. */
  link?: { id: string; datasetId: string; version: number | null } | undefined;
}

/** Nobody is signed in, and the site lets everyone view what is public. */
export interface Anonymous {
  isAnonymous: true;
}

/** Who reads something. */
export type Reader = Person | Anonymous;

export const ANONYMOUS: Anonymous = { isAnonymous: true };

export const isAnonymous = (reader: Reader): reader is Anonymous => 'isAnonymous' in reader;

/** Whether nobody is signed in, and a share link is all they have. */
export const isByLinkOnly = ({ id, link }: Person): boolean => link?.id === id;
