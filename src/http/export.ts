import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { messageOf } from '../capabilities/transfer/errors.ts';
import {
  EXPORT_FORMATS,
  EXPORT_KINDS,
  EXPORT_PRESETS,
  type ExportOrder,
  exportText,
  type OpenedExport,
  openExport,
  scopeOfExport,
} from '../capabilities/transfer/export.ts';
import { exportOfToken } from '../capabilities/transfer/export-link.ts';
import { DomainError } from '../core/errors.ts';
import { actorOf, hasScope } from '../core/viewer.ts';
import { answer } from './answer.ts';
import { requestFacts, tokenOf } from './request.ts';
import type { Handle, Routes } from './routes.ts';

const TYPES = { CSV: 'text/csv; charset=utf-8', NDJSON: 'application/x-ndjson; charset=utf-8' } as const;

const refuse = (response: ServerResponse, status: number, code: string, message: string): void =>
  answer(response, status, { errors: [{ message, extensions: { code } }] });

const oneOf = <Value extends string>(values: readonly Value[], text: string | null, absent: Value): Value | null =>
  text === null ? absent : (values.find((value) => value === text.toUpperCase()) ?? null);

/** What an address asks for: `/export/store-credit-accounts.csv?query=…&columns=id,balance&preset=shopify`. */
const orderOf = (url: URL): ExportOrder | null => {
  const [, name = '', extension = ''] = /^\/export\/([a-z-]+)\.(csv|ndjson)$/.exec(url.pathname) ?? [];
  const kind = EXPORT_KINDS.find((known) => known === name.toUpperCase().replaceAll('-', '_'));
  const format = EXPORT_FORMATS.find((known) => known === extension.toUpperCase());
  const preset = oneOf(EXPORT_PRESETS, url.searchParams.get('preset'), 'CLIENTELE');
  if (!kind || !format || !preset) return null;
  const columns = url.searchParams.get('columns');
  return {
    kind,
    format,
    preset,
    query: url.searchParams.get('query') || null,
    columns: columns ? columns.split(',').map((one) => one.trim()) : null,
  };
};

const opened = (response: ServerResponse, order: ExportOrder): OpenedExport | null => {
  try {
    return openExport(order);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    refuse(response, 400, error.code, messageOf(error));
    return null;
  }
};

/** `GET /export/{kind}.{csv,ndjson}` with a staff token: a file of all that the query finds, written as it is read. */
export const exportFile: Handle = async (request, response, routes) => {
  const { app } = routes;
  response.setHeader('x-request-id', requestFacts(request, routes.trustedProxyHops).id);
  const order = orderOf(new URL(request.url ?? '/', 'http://localhost'));
  if (!order)
    return refuse(
      response,
      404,
      'NOT_FOUND',
      'There are customers, orders, store-credit-accounts and store-credit-transactions, as .csv and .ndjson.',
    );
  const viewer = await app.authenticate(tokenOf(request));
  if (viewer.kind !== 'staff') return refuse(response, 401, 'UNAUTHENTICATED', 'An export needs a staff token: Authorization: Bearer <token>.');
  const scope = scopeOfExport(order.kind);
  if (!hasScope(viewer, scope)) return refuse(response, 403, 'FORBIDDEN', `The token lacks the scope ${scope}.`);
  const file = opened(response, order);
  if (file) await stream(response, routes, actorOf(viewer), file);
};

/** `GET /export/{token}`: the same by a link that staff made a moment ago. */
export const linkedExport: Handle = async (request, response, routes) => {
  const { app } = routes;
  response.setHeader('x-request-id', requestFacts(request, routes.trustedProxyHops).id);
  const token = new URL(request.url ?? '/', 'http://localhost').pathname.split('/').at(-1) ?? '';
  const linked = exportOfToken(app.keyring, token, app.clock());
  if (!linked) return refuse(response, 404, 'NOT_FOUND', 'The link has run out or is not whole. Ask for a new one.');
  const file = opened(response, linked.order);
  if (file) await stream(response, routes, linked.actor, file);
};

const stream = async (response: ServerResponse, { app }: Routes, actor: string, file: OpenedExport): Promise<void> => {
  const { kind, format, query } = file.order;
  await app.transactSql(actor, async (tx) => tx.emit({ type: 'export.started', kind, format, isFiltered: query !== null }));
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const name = `${kind.toLowerCase().replaceAll('_', '-')}.${format.toLowerCase()}`;
  response.writeHead(200, {
    'content-type': TYPES[format],
    'content-disposition': `attachment; filename="${name}"`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-accel-buffering': 'no',
  });
  try {
    for await (const piece of exportText(app, file)) {
      if (gone.signal.aborted || app.closing.aborted) throw new Error('The export was interrupted.');
      if (!response.write(piece)) await once(response, 'drain', { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    // Half a file must not look whole: the connection breaks.
    if (!gone.signal.aborted && !app.closing.aborted) app.log.error({ error: error as Error }, 'export failed');
    response.destroy();
  }
};
