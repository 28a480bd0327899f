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
    message: 'You may see this, but not do that.',
    hint: 'Ask an owner of the dataset for the role of editor.',
  },
  not_found: { status: 404, trpc: 'NOT_FOUND', message: 'There is nothing here, or you may not see it.' },
  method_not_allowed: {
    status: 405,
    trpc: 'METHOD_NOT_SUPPORTED',
    message: 'This path does not take that method.',
    hint: 'The header Allow says which it takes.',
  },
  email_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'There is an account with this e-mail already.',
    hint: 'Sign in instead.',
  },
  name_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'You have a dataset of this name already.',
    hint: 'Choose another name.',
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
    hint: 'Delete it first; what is in the trash can be restored and purged.',
  },
  being_purged: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset is being purged: it can not come back from the trash any more.',
    hint: 'Restore it from a backup, if one was made.',
  },
  in_use: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'Services are using the dataset.',
    hint: 'See "issues" for which. Let them release it; a site admin can delete it with force=true.',
  },
  not_confirmed: {
    status: 400,
    trpc: 'BAD_REQUEST',
    message: 'What was typed to confirm does not match.',
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
    message: 'There is no account with this e-mail or id.',
    hint: 'Invite them by a link: the page "Sharing", or POST /api/v1/datasets/{id}/invitations.',
  },
  last_admin: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'This is the last account that administers the site.',
    hint: 'Make another account an admin first.',
  },
  organization_taken: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'There is an organization of this name already.',
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
    message: 'There is a dataset with this id already.',
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
    message: 'The invitation is for another e-mail than yours.',
    hint: 'Sign in with the account it was sent to, or ask for one to your e-mail.',
  },
  sign_up_closed: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'Accounts are made by invitation only here.',
    hint: 'Ask someone who has an account, or the administrator, for an invitation.',
  },
  reset_unusable: {
    status: 410,
    trpc: 'CONFLICT',
    message: 'The link was used, or has expired.',
    hint: 'Ask the administrator for a new one.',
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
    hint: 'Delete what is not needed and empty the trash, or ask the administrator for more.',
  },
  wrong_state: { status: 409, trpc: 'CONFLICT', message: 'That is not possible in the present state.' },
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
    message: 'An upload can not be read.',
  },
  too_large_to_analyse: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    message: 'The uploads hold too much to be analysed while you wait.',
    hint: 'Import them: the report says the same, and nothing is lost if you then take it back.',
  },
  nothing_labeled: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The dataset has no annotations to download.',
  },
  unprocessable_image: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The image can not be shown: its content is damaged.',
  },
  too_many_attempts: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    message: 'Too many attempts.',
    hint: 'Wait as long as Retry-After says.',
  },
  too_many_requests: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    message: 'Too many requests in a minute.',
    hint: 'Wait as long as Retry-After says.',
  },
  hub_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    message: 'The Hub has nothing of this name, or it is private.',
    hint: 'Check how the name is written.',
  },
  hub_gated: {
    status: 403,
    trpc: 'FORBIDDEN',
    message: 'The dataset is gated on the Hub.',
    hint: 'Ask for access on its page at the Hub, then give an access token of that account.',
  },
  hub_token_invalid: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The Hub does not take this access token.',
    hint: 'Make one at the Hub under Settings, Access Tokens, with the permission to read this repository.',
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
    message: 'The dataset has no files of rows that can be read.',
  },
  hub_rate_limited: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    message: 'The Hub answers no more requests for now.',
    hint: 'Try again later; with an access token more are allowed.',
  },
  hub_unreachable: {
    status: 502,
    trpc: 'BAD_GATEWAY',
    message: 'The Hub can not be reached.',
    hint: 'Try again; the administrator checks the network of this server and HF_ENDPOINT.',
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
    message: 'The archive is not there any more.',
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
    message: 'This is larger than one import may be.',
    hint: 'Import it in parts, or ask the administrator for a higher limit.',
  },
  too_many_entries: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    message: 'These are more files than one import may have.',
    hint: 'Import them in parts, or ask the administrator for a higher limit.',
  },
  unsupported_compression: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The archive is compressed in a way that can not be read.',
    hint: 'Pack it as a plain zip, tar or tar.gz.',
  },
  classes_not_addable: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The classes can not be added to those of the dataset.',
  },
  classes_renamed: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The classes of the labels are others than those of the dataset.',
  },
  format_not_readable: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    message: 'The files can not be read as this format.',
    hint: 'Import them without a format hint.',
  },
  nothing_to_import: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'There is nothing to import.' },
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
    message: 'The data holds something that can not be taken up.',
    hint: 'Mend it and upload it again; the administrator finds more in the log.',
  },
  unreadable_table: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'A file of rows can not be read.' },
  hub_wrong_content: {
    status: 502,
    trpc: 'BAD_GATEWAY',
    message: 'The Hub sent other content than it says it has.',
    hint: 'Try again later.',
  },
  disk_full: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    message: 'The server has no room left on its disk.',
    hint: 'Ask the administrator to make room, then try again.',
  },
  import_gone: { status: 409, trpc: 'CONFLICT', message: 'The import was ended by someone else.' },
  check_gone: { status: 409, trpc: 'CONFLICT', message: 'The check was given up.' },
  dataset_gone: { status: 409, trpc: 'CONFLICT', message: 'The dataset is not there any more.' },
  dataset_deleted: { status: 409, trpc: 'CONFLICT', message: 'The dataset was deleted meanwhile.' },
  not_a_backup: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'The file is not a backup made by Granary.' },
  backup_damaged: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'The backup is damaged.' },
  backup_refused: { status: 422, trpc: 'UNPROCESSABLE_CONTENT', message: 'The backup holds what can not be.' },
  backup_gone: { status: 409, trpc: 'CONFLICT', message: 'The backup was given up.' },
  content_damaged: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'The content of a file is missing or damaged, so that no backup can be made.',
    hint: 'Check the integrity of the dataset and repair it first.',
  },
  worker_died: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'The worker died on this job several times.',
    hint: 'If it is an import, the upload may be damaged; if that is sound, ask the administrator.',
  },
  stalled: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'The job stood still for too long and was ended.',
    hint: 'Try again later; if it stays, ask the administrator.',
  },
  cancelled: { status: 409, trpc: 'CONFLICT', message: 'The job was cancelled.' },
  no_secret_key: {
    status: 409,
    trpc: 'CONFLICT',
    message: 'This server keeps no access tokens: it has no key to encrypt them with.',
    hint: 'The administrator sets GRANARY_SECRET_KEY for every process.',
  },
  internal: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    message: 'Something went wrong on our side.',
    hint: 'Try again; if it stays, give the administrator the id.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;
