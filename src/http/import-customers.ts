import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../app.ts';
import { messageOf } from '../capabilities/transfer/errors.ts';
import { type ImportLine, importCustomers as importRows, type OpenedImport, openImport } from '../capabilities/transfer/import-customers.ts';
import { givesCredit } from '../capabilities/transfer/run.ts';
import { type PlanLine, stageImport } from '../capabilities/transfer/stage.ts';
import { DomainError } from '../core/errors.ts';
import { actorOf, hasScope, type Viewer } from '../core/viewer.ts';
import { answer } from './answer.ts';
import { requestFacts, tokenOf } from './request.ts';
import type { Handle, Routes } from './routes.ts';

/** A connection on which nothing moves for so long is given up. */
const IDLE_MS = 120_000;
/** How long the rest of a file that is not imported is still taken. */
const REFUSED_MS = 5_000;
/** How often a running import looks whether its token is still good. */
const RECHECK_MS = 2_000;

const TYPES = new Set([
  'text/csv',
  'application/csv',
  'text/tab-separated-values',
  'text/plain',
  'application/vnd.ms-excel',
  'application/octet-stream',
]);

/** A refusal before the first row. */
interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * `POST /import/customers`: CSV in, a line of JSON out for every row, each waiting for the other. With `?plan=true` the rows are kept as a
 * plan, and nothing else changes.
 */
export const importCustomers: Handle = async (request, response, routes) => {
  const { app } = routes;
  response.setHeader('x-request-id', requestFacts(request, routes.trustedProxyHops).id);
  request.setTimeout(IDLE_MS);
  const viewer = await app.authenticate(tokenOf(request));
  const refusal = refusalOf(request, viewer);
  if (refusal) return refuse(request, response, refusal);
  let file: OpenedImport;
  try {
    // The request outlives its reading, so that a refusal can still be told.
    file = await openImport(request.iterator({ destroyOnReturn: false }), encodingOf(request));
  } catch (error) {
    if (isGone(response)) return;
    if (!(error instanceof DomainError)) throw error;
    const status = error.code === 'UNSUPPORTED_ENCODING' ? 415 : 400;
    return refuse(request, response, { status, code: error.code, message: messageOf(error) });
  }
  if (givesCredit(file.header) && !hasScope(viewer, 'store_credit:write')) {
    await file.batches.return();
    return refuse(request, response, { status: 403, code: 'FORBIDDEN', message: 'The token lacks the scope store_credit:write.' });
  }
  await stream(request, response, routes, viewer, file);
};

const refusalOf = (request: IncomingMessage, viewer: Viewer): Refusal | null => {
  if (viewer.kind !== 'staff') {
    return { status: 401, code: 'UNAUTHENTICATED', message: 'An import needs a staff token: Authorization: Bearer <token>.' };
  }
  if (!hasScope(viewer, 'customers:write')) return { status: 403, code: 'FORBIDDEN', message: 'The token lacks the scope customers:write.' };
  const { 'content-type': contentType = 'text/csv', 'content-encoding': contentEncoding = 'identity' } = request.headers;
  if (!TYPES.has(contentType.split(';')[0]?.trim().toLowerCase() ?? '')) {
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send the file itself as the body, with Content-Type: text/csv.' };
  }
  if (contentEncoding !== 'identity') return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send the file as it is, not compressed.' };
  return null;
};

const encodingOf = ({ headers }: IncomingMessage): string => /charset="?([\w.:-]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';

const refuse = (request: IncomingMessage, response: ServerResponse, { status, code, message }: Refusal): void => {
  answer(response, status, { errors: [{ message, extensions: { code } }] });
  drop(request);
};

/** Whether nobody is there to answer. */
const isGone = (response: ServerResponse): boolean => response.destroyed || response.socket?.destroyed !== false;

/** Takes the rest of a file for a while and drops it: a sender that is cut off while it sends does not read the answer. */
const drop = (request: IncomingMessage): void => {
  request.resume();
  const late = setTimeout(() => request.destroy(), REFUSED_MS);
  request.once('close', () => clearTimeout(late));
};

/** What ends a started import before its file does; the caller is told in the last line, where there is still a caller. */
class Ended extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const stream = async (request: IncomingMessage, response: ServerResponse, routes: Routes, viewer: Viewer, file: OpenedImport): Promise<void> => {
  const { app, metrics } = routes;
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Ended('GONE', 'The caller is gone.')));
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const isNotableOnly = searchParams.get('results') === 'notable';
  const signal = AbortSignal.any([gone.signal, app.closing]);
  const actor = actorOf(viewer);
  const isPlan = searchParams.get('plan') === 'true';
  // Proxies that collect an answer before they pass it on would hold progress back.
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.flushHeaders();
  try {
    const check = recheck(app, viewer);
    if (isPlan) {
      for await (const line of stageImport(app, actor, file, { name: searchParams.get('name'), signal })) {
        await write(response, [line], gone.signal);
        await check();
      }
      response.end();
      return;
    }
    for await (const lines of importRows(app, actor, file, signal)) {
      for (const line of lines) if ('outcome' in line) metrics.imported.inc({ outcome: line.outcome });
      await write(response, isNotableOnly ? lines.filter(isNotable) : lines, gone.signal);
      await check();
    }
    response.end();
  } catch (error) {
    end(app, response, error, isPlan);
    drop(request);
  }
};

/** Rows that were refused or that kept something, and everything that is not about one row. */
const isNotable = (line: ImportLine): boolean => !('outcome' in line) || line.outcome === 'rejected' || line.note !== undefined;

/** Writes lines and waits while the caller does not read. */
const write = async (response: ServerResponse, lines: readonly (ImportLine | PlanLine)[], signal: AbortSignal): Promise<void> => {
  if (lines.length === 0) return;
  const isRoom = response.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (!isRoom) await once(response, 'drain', { signal });
};

/** Ends the import when its token has been revoked or has run out since. */
const recheck = (app: App, viewer: Viewer): (() => Promise<void>) => {
  let checkedAt = Date.now();
  return async () => {
    if (Date.now() - checkedAt < RECHECK_MS) return;
    checkedAt = Date.now();
    const hasRunOut = viewer.kind === 'staff' && viewer.expiresAt !== null && viewer.expiresAt <= app.clock();
    if (hasRunOut || !(await app.isLive(viewer))) throw new Ended('UNAUTHENTICATED', 'The token is no longer good.');
  };
};

const WHAT_STAYS = 'Rows answered so far are imported; send the file again for the rest.';
const NOTHING_STAYS = 'Nothing was planned; send the file again.';

const end = (app: App, response: ServerResponse, error: unknown, isPlan: boolean): void => {
  if (isGone(response)) return;
  const isClosing = app.closing.aborted;
  const refused = error instanceof DomainError ? new Ended(error.code, messageOf(error)) : null;
  const known = error instanceof Ended ? error : refused ? refused : isClosing ? new Ended('CLOSING', 'The gateway is closing.') : null;
  if (!known) app.log.error({ error: error as Error }, 'import failed');
  const { code, message } = known ?? new Ended('INTERNAL_SERVER_ERROR', 'Something went wrong on our side.');
  response.end(`${JSON.stringify({ error: { code, message: `${message} ${isPlan ? NOTHING_STAYS : WHAT_STAYS}` } })}\n`);
};
