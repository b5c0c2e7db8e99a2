import { repointing } from '../merges/participant.ts';

/** What either can be charged by is the survivor's; the backend goes on telling of it by its own id. */
export const paymentMethodsInMerge = repointing({ name: 'payment-methods', models: ['PaymentMethod'], table: 'payment_method' });
