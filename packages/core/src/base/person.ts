/** Who asks. */
export interface Person {
  id: string;
  email: string;
  name: string;
  isAdmin: boolean;
  /** The only dataset they can see: their API key is limited to it. */
  onlyDataset?: string | undefined;
  /** The share link they opened, which lets them view its dataset. */
  link?: { id: string; datasetId: string } | undefined;
}

/** Whether nobody is signed in, and a share link is all they have. */
export const isByLinkOnly = ({ id, link }: Person): boolean => link?.id === id;
