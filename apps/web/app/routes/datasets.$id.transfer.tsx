export { action, loader } from '~/actions/transfer.server';
