import { repointing } from '../merges/participant.ts';

/** Passkeys go over with a proven address: whoever signed in to the closed profile by one signs in to the survivor. */
export const passkeysInMerge = repointing({ name: 'passkeys', models: ['Passkey'], table: 'passkey', isWayIn: true });
