import { en, type Messages } from './en.ts';

export const da: Messages = en;
