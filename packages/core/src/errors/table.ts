/** The codes of tRPC (its docs, "Error handling") that answers of ours have. */
type TrpcCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_SUPPORTED'
  | 'CONFLICT'
  | 'BAD_GATEWAY'
  | 'INTERNAL_SERVER_ERROR'
  | 'PAYLOAD_TOO_LARGE'
  | 'TIMEOUT'
  | 'SERVICE_UNAVAILABLE'
  | 'TOO_MANY_REQUESTS'
  | 'UNPROCESSABLE_CONTENT';

export interface ErrorKind {
  status: number;
  trpc: TrpcCode;
  message: string;
  hint?: string;
}

/** Every error a client can meet: HTTP status, tRPC code, the message for people, and what to do next. */
export const ERRORS = {
  invalid_input: {
    status: 400,
    trpc: 'BAD_REQUEST',
    message: 'The request is not valid.',
    hint: 'See "issues" for each field.',
  },
  not_signed_in: {
    status: 401,
    trpc: 'UNAUTHORIZED',
    message: 'You are not signed in.',
    hint: 'Sign in at /sign-in or POST /api/v1/auth/login.',
  },
  wrong_credentials: { status: 401, trpc: 'UNAUTHORIZED', message: 'E-mail or password is wrong.' },
  foreign_origin: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'This request came from another site and was refused.',
    hint: 'If Granary is behind a proxy, let the proxy pass on the Host header, or set GRANARY_URL to the address people use.',
  },
  forbidden: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'You can view this, but you do not have permission to do that.',
    hint: 'Ask an owner of the dataset for the editor role.',
  },
  not_found: { status: 404, trpc: 'NOT_FOUND', message: 'This does not exist, or you do not have access to it.' },
  method_not_allowed: {
    status: 405,
    trpc: 'METHOD_NOT_SUPPORTED',
    message: 'This path does not support that method.',
    hint: 'The Allow header lists the methods it supports.',
  },
  email_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'An account with this e-mail already exists.',
    hint: 'Sign in instead.',
  },
  name_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'You already have a dataset with this name.',
    hint: 'Choose another name.',
  },
  license_required: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'A public dataset needs a license here.',
    hint: 'Set its license first, or keep it private.',
  },
  in_trash: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset is in the trash.',
    hint: 'Restore it first: POST /api/v1/datasets/{id}/restore, or the page "Trash".',
  },
  not_in_trash: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset is not in the trash.',
    hint: 'Delete it first. Only datasets in the trash can be restored or purged.',
  },
  edited_meanwhile: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'Somebody else has changed the annotations of this image meanwhile.',
    hint: 'See "present" for what they are now. Merge your changes into it, and save again with its etag.',
  },
  publish_differs: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The label files would not say what was edited.',
    hint: 'Convert the labels to COCO, which holds all of it.',
  },
  format_not_writable: { status: 400, trpc: 'BAD_REQUEST', message: 'Labels cannot be written in this format.' },
  format_cannot_hold: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The format of the labels cannot hold this.',
    hint: 'Convert the labels first, to COCO for example: POST /api/v1/datasets/{id}/publish {"format": "coco"}.',
  },
  being_purged: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset is being purged and can no longer be restored from the trash.',
    hint: 'Restore it from a backup, if there is one.',
  },
  in_use: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'Services are using the dataset.',
    hint: 'See "issues" for which. Have them release it, or ask a site admin to delete it with force=true.',
  },
  not_confirmed: {
    status: 400,
    trpc: 'BAD_REQUEST',
    message: 'What you typed to confirm does not match.',
    hint: 'Type it exactly, with the same capitals and spaces.',
  },
  backup_unusable: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The backup is not complete, or it has expired.',
  },
  unknown_account: {
    status: 404,
    trpc: 'NOT_FOUND',
    message: 'No account has this e-mail or id.',
    hint: 'Invite them with a link, on the page "Sharing" or with POST /api/v1/datasets/{id}/invitations.',
  },
  last_admin: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'This is the last admin of the site.',
    hint: 'Make another account an admin first.',
  },
  organization_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'An organization with this name already exists.',
    hint: 'Choose another name.',
  },
  organization_not_empty: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The organization has datasets.',
    hint: 'Transfer or delete them first; those in the trash count until they are purged.',
  },
  last_owner: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'This is the last owner of the organization.',
    hint: 'Make another member an owner first, or delete the organization.',
  },
  id_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'A dataset with this id already exists.',
    hint: 'Choose another id.',
  },
  invitation_unusable: {
    status: 410,
    trpc: 'CONFLICT',
    message: 'The invitation was used, was revoked, or has expired.',
    hint: 'Ask for a new one.',
  },
  invitation_for_another: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'This invitation was sent to a different e-mail.',
    hint: 'Sign in with the account it was sent to, or ask for an invitation to your e-mail.',
  },
  sign_up_closed: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'You need an invitation to create an account here.',
    hint: 'Ask someone who has an account, or the administrator, for an invitation.',
  },
  reset_unusable: {
    status: 410,
    trpc: 'CONFLICT',
    message: 'The link was already used, or has expired.',
    hint: 'Ask the administrator for a new one.',
  },
  confirmation_unusable: {
    status: 410,
    trpc: 'CONFLICT',
    message: 'The link was already used, or has expired.',
    hint: 'Sign in, or sign up again to get a new link.',
  },
  mail_not_sent: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    message: 'The mail could not be sent right now.',
    hint: 'Try again in a few minutes. If it goes on, tell the administrator.',
  },
  link_unusable: {
    status: 404,
    trpc: 'NOT_FOUND',
    message: 'The link does not exist, was revoked, or has expired.',
    hint: 'Ask whoever gave it to you for a new one.',
  },
  wrong_password: { status: 401, trpc: 'UNAUTHORIZED', message: 'The password is wrong.' },
  quota_exceeded: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    message: 'The quota of the account that owns this is used up.',
    hint: 'Delete what you do not need and empty the trash, or ask the administrator for more.',
  },
  wrong_state: { status: 409, trpc: 'CONFLICT', message: 'That is not possible in the current state.' },
  upload_not_ready: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'An upload is not complete.',
    hint: 'Finish it (tus PATCH until Upload-Offset is Upload-Length), then ask for the import again.',
  },
  upload_unknown: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'An upload does not exist, has expired, or belongs to another dataset.',
    hint: 'Upload the file again.',
  },
  unreadable_upload: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'An upload cannot be read.',
  },
  body_too_large: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    message: 'The body of this request is too large.',
    hint: 'Files are uploaded by tus; see the documentation of the API.',
  },
  body_too_slow: {
    status: 408,
    trpc: 'TIMEOUT',
    message: 'The body of this request did not come in time.',
    hint: 'Try again.',
  },
  too_large_to_analyse: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    message: 'The uploads are too large to analyze while you wait.',
    hint: 'Import them instead: the import report says the same.',
  },
  nothing_labeled: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset has no annotations to download.',
  },
  unprocessable_image: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The image cannot be shown: its content is damaged.',
  },
  unprocessable_audio: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The sound cannot be played: it is none of WAV, FLAC, Ogg, MP3, MP4 and WebM.',
  },
  too_many_attempts: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    message: 'Too many attempts.',
    hint: 'Wait as long as the Retry-After header says.',
  },
  too_many_requests: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    message: 'Too many requests in a minute.',
    hint: 'Wait as long as the Retry-After header says.',
  },
  hub_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    message: 'The Hub has nothing with this name, or it is private.',
    hint: 'Check the spelling of the name.',
  },
  hub_gated: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'The dataset is gated on the Hub.',
    hint: 'Request access on its page on the Hub, then enter an access token of that account.',
  },
  hub_token_invalid: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The Hub does not accept this access token.',
    hint: 'Create one on the Hub under Settings, Access Tokens, with permission to read this repository.',
  },
  hub_revision_unknown: {
    status: 404,
    trpc: 'NOT_FOUND',
    message: 'The Hub has no such revision of this dataset.',
    hint: 'Leave the revision out for the newest one.',
  },
  hub_subset_unknown: { status: 404, trpc: 'NOT_FOUND', message: 'The dataset has no such subset on the Hub.' },
  hub_split_unknown: { status: 404, trpc: 'NOT_FOUND', message: 'The dataset has no such split on the Hub.' },
  hub_file_missing: { status: 404, trpc: 'NOT_FOUND', message: 'A file is missing from the dataset on the Hub.' },
  hub_disabled: { status: 403, trpc: 'FORBIDDEN', message: 'The dataset was disabled on the Hub.' },
  hub_no_data: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The dataset has no files with rows that Granary can read.',
  },
  hub_rate_limited: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    message: 'The Hub accepts no more requests for now.',
    hint: 'Try again later. With an access token, you can make more requests.',
  },
  hub_unreachable: {
    status: 502,
    trpc: 'BAD_GATEWAY',
    message: 'The Hub cannot be reached.',
    hint: "Try again later. If it stays that way, ask the administrator to check the server's network and HF_ENDPOINT.",
  },
  // Why jobs end.
  archive_broken: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The archive is damaged.',
    hint: 'Pack it again, then upload it again.',
  },
  archive_gone: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The archive is no longer there.',
    hint: 'Upload it again.',
  },
  compression_bomb: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The archive unpacks to far more than its size, and was refused.',
  },
  encrypted: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The archive is protected by a password.',
    hint: 'Pack it without one, then upload it again.',
  },
  not_an_archive: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The file is not an archive that can be read.',
    hint: 'Upload a zip, tar or tar.gz.',
  },
  too_large: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    message: 'This is too large for one import.',
    hint: 'Import it in parts, or ask the administrator for a higher limit.',
  },
  too_many_entries: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    message: 'These are too many files for one import.',
    hint: 'Import them in parts, or ask the administrator for a higher limit.',
  },
  unsupported_compression: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The archive uses a compression that Granary cannot read.',
    hint: 'Pack it as a plain zip, tar or tar.gz.',
  },
  classes_not_addable: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The classes cannot be added to those of the dataset.',
  },
  classes_renamed: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The labels have different classes than the dataset.',
  },
  labels_of_other_format: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The labels cannot stand beside those that the dataset has.',
    hint: 'Replace all labels, or bring these in the format of the dataset.',
  },
  format_not_readable: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The files cannot be read as this format.',
    hint: 'Import them without a format hint.',
  },
  nothing_to_import: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'There is nothing to import.' },
  nothing_changed: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'Nothing has changed since the last version.',
  },
  busy: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset is being changed.',
    hint: 'Wait for the job to end, then try again.',
  },
  version_in_use: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'Services are using this version.',
    hint: 'See "issues" for which. Have them release it first.',
  },
  revision_gone: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'That revision is no longer kept.',
    hint: 'Revisions without a version are kept for a while only. Create a version to keep one for good.',
  },
  path_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset has another file at this path.',
    hint: 'Choose "replace" or "skip", or remove the file first.',
  },
  upload_gone: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'An upload of this import has expired.',
    hint: 'Upload the files again.',
  },
  data_refused: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The data has a value that cannot be stored.',
    hint: 'Correct it and upload it again. The administrator can find more in the log.',
  },
  unreadable_table: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'A file of rows cannot be read.' },
  query_too_large: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'These rows take more memory or time than one query may have.',
    hint: 'Ask for fewer rows or columns at once.',
  },
  hub_wrong_content: {
    status: 502,
    trpc: 'BAD_GATEWAY',
    message: 'The Hub sent content that does not match its own description.',
    hint: 'Try again later.',
  },
  disk_full: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    message: 'The server has run out of disk space.',
    hint: 'Ask the administrator to free some space, then try again.',
  },
  unavailable: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    message: 'The database or the storage of this server cannot be reached right now.',
    hint: 'Try again in a moment.',
  },
  import_gone: { status: 409, trpc: 'CONFLICT', message: 'The import was ended by someone else.' },
  check_gone: { status: 409, trpc: 'CONFLICT', message: 'The check was abandoned.' },
  dataset_gone: { status: 409, trpc: 'CONFLICT', message: 'The dataset no longer exists.' },
  dataset_deleted: { status: 409, trpc: 'CONFLICT', message: 'The dataset was deleted in the meantime.' },
  not_a_backup: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'The file is not a backup made by Granary.' },
  backup_damaged: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'The backup is damaged.' },
  backup_refused: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The backup has content that Granary did not write.',
  },
  export_not_ready: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The export is not finished.',
    hint: 'Follow its job, and download it once that has completed.',
  },
  export_expired: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The export has expired, so its archive is deleted.',
    hint: 'Create it again.',
  },
  export_gone: { status: 409, trpc: 'CONFLICT', message: 'The export was deleted in the meantime.' },
  backup_gone: { status: 409, trpc: 'CONFLICT', message: 'The backup was abandoned.' },
  content_damaged: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The content of a file is missing or damaged, so no backup can be created.',
    hint: 'Check the integrity of the dataset and repair it first.',
  },
  worker_died: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'The worker died on this job several times.',
    hint: 'If it is an import, the upload may be damaged. Otherwise, ask the administrator.',
  },
  reader_died: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'The process that read the content has ended.',
    hint: 'The content may be damaged, or need more memory than there is. Try again, or ask the administrator.',
  },
  stalled: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'Nothing moved in this job for too long, so it was ended.',
    hint: 'Try again later; if it stays, ask the administrator.',
  },
  cancelled: { status: 409, trpc: 'CONFLICT', message: 'The job was cancelled.' },
  no_secret_key: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'This server cannot keep access tokens: it has no key to encrypt them with.',
    hint: 'Ask the administrator to set GRANARY_SECRET_KEY for every process.',
  },
  internal: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'Something went wrong on our side.',
    hint: 'Try again. If it keeps happening, give the administrator this id.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;
