export { action } from '~/actions/restore-backup.server';
