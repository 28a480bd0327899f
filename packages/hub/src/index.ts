export { licenseOfCard } from './card.ts';
export { HubError, type HubErrorCode, isMissing } from './errors.ts';
export { type DatasetInfo, Hub, type HubFile, PUBLIC_HUB } from './hub.ts';
export { chosenSplits, type Plan, PlanError, type PlannedSplit, planOf } from './plan.ts';
export { problemOfRepoId } from './repo-id.ts';
