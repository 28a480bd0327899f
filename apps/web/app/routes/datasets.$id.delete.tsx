export { action, loader } from '~/actions/delete-dataset.server';
