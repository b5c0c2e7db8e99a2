import { Readable } from 'node:stream';
import type { App } from '../../src/app.ts';
import { advanceImports } from '../../src/capabilities/transfer/advance.ts';
import { openImport } from '../../src/capabilities/transfer/import-customers.ts';
import { applyRun, undoRun } from '../../src/capabilities/transfer/run.ts';
import { stageImport } from '../../src/capabilities/transfer/stage.ts';

/** Lets the job work until an import is in one of these states. */
export const advanceUntil = async (app: App, importId: string, ...states: readonly string[]) => {
  for (let count = 0; count < 10_000; count += 1) {
    const run = await app.backend.database.prisma.customersImport.findUniqueOrThrow({ where: { id: importId } });
    if (states.includes(run.state)) return run;
    await advanceImports(app);
  }
  throw new Error(`The import was not ${states.join(' or ')} in time.`);
};

/** Takes a file in as a plan and lets it be planned. */
export const planText = async (app: App, text: string, actor = 'system') => {
  let importId = '';
  for await (const line of stageImport(app, actor, await openImport(Readable.from([Buffer.from(text)])), { name: null }))
    if ('staged' in line) ({ importId } = line.staged);
  return advanceUntil(app, importId, 'PLANNED');
};

export const applyPlan = async (app: App, importId: string) => {
  await app.transactSql('system', (tx) => applyRun(tx, importId));
  return advanceUntil(app, importId, 'APPLIED');
};

export const undoImport = async (app: App, importId: string) => {
  await app.transactSql('system', (tx) => undoRun(tx, importId));
  return advanceUntil(app, importId, 'UNDONE');
};
