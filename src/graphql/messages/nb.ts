import { en, type Messages } from './en.ts';

export const nb: Messages = en;
