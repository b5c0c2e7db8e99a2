import type { App } from '../../app.ts';
export const loadSampleShop = async (_app: App): Promise<void> => {};
export const openSampleSession = async (_app: App): Promise<string | null> => null;
