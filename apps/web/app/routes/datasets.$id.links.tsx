export { action, loader } from '~/actions/share-links.server';
