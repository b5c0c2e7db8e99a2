import { exportData } from '../../capabilities/privacy/export.ts';
import { customerOfExportToken } from '../../capabilities/privacy/export-link.ts';
import { DomainError } from '../../core/errors.ts';
import { notFoundPage } from './failure.ts';
import { send } from './page.ts';
import type { Visit } from './visit.ts';
import { sendZip } from './zip.ts';

/** `/account/data-export/{token}`: a customer's data, for whoever was given the address. */
export const dataExport = async (visit: Visit): Promise<void> => {
  const { app, request, response, branding } = visit;
  const token = new URL(request.url ?? '/', app.publicUrl).pathname.split('/').at(-1) ?? '';
  const customerId = customerOfExportToken(app.keyring, token, app.clock());
  const zip = customerId && (await app.transact('anonymous', (tx) => exportData(tx, customerId, branding.name)).catch(orNothing));
  if (zip) sendZip(response, zip);
  else send(response, notFoundPage(visit));
};

/** Whoever was erased meanwhile has nothing left to be given. */
const orNothing = (error: unknown): null => {
  if (error instanceof DomainError) return null;
  throw error;
};
