import type { App } from '../../app.ts';
import { refreshDuplicates } from './refresh.ts';
import { advanceScan } from './scan.ts';

/** One round: customers who changed, then the scan under way. Answers how much there was to do. Any number of processes may run it. */
export const keepDuplicates = async (app: App): Promise<number> => (await refreshDuplicates(app)) + (await advanceScan(app));
