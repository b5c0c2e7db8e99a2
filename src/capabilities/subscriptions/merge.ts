import { repointing } from '../merges/participant.ts';

/** Subscriptions go on as the survivor's; whoever bills them goes on telling of them by its own id. */
export const subscriptionsInMerge = repointing({ name: 'subscriptions', models: ['SubscriptionContract'], table: 'subscription_contract' });
