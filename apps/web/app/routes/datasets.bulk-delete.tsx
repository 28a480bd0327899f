export { action } from '~/actions/delete-datasets.server';
