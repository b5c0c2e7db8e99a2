import { createReadStream, readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { messageOf } from './capabilities/transfer/errors.ts';
import type { ImportLine, Totals } from './capabilities/transfer/import-customers.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { DomainError } from './core/errors.ts';
import { SYSTEM_ACTOR } from './core/viewer.ts';

const USAGE = `Imports customers from a CSV file: npm run import -- <file> [options]

  <file>               the file, or - to read standard input
  --url <address>      the gateway to import into; without it PUBLIC_URL or http://localhost:PORT when a gateway
                       answers there, else the database itself
  --token <token>      a staff token with the scope customers:write; without it ADMIN_TOKEN or the one in DATA_DIR
  --encoding <name>    the encoding of the file where it is not UTF-8: windows-1252, for example
  --notes              lists also the rows that kept a value of an earlier row
`;

const AGAIN = 'What was imported stays; run it again for the rest.';

/** Something that the operator can put right; only the message is shown. */
class Mistake extends Error {}

interface Order {
  readonly file: string;
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly encoding: string;
  readonly showNotes: boolean;
}

type Line = ImportLine | { readonly error: { readonly message: string } };

const readOrder = (): Order | null => {
  const options = {
    url: { type: 'string' },
    token: { type: 'string' },
    encoding: { type: 'string', default: 'utf-8' },
    notes: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [file] = positionals;
    if (values.help || !file) return null;
    if (positionals.length > 1) throw new Mistake(`One file at a time: ${positionals.join(', ')}.`);
    return { file, url: values.url, token: values.token, encoding: values.encoding, showNotes: values.notes };
  } catch (error) {
    throw new Mistake(`${(error as Error).message}\n\n${USAGE}`);
  }
};

const openSource = async (file: string): Promise<Readable> => {
  if (file === '-') return process.stdin;
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  await new Promise<void>((resolve, reject) => {
    source.once('open', () => resolve());
    source.once('error', (error) => reject(new Mistake(`${file} cannot be read: ${error.message}`)));
  });
  return source;
};

const ANSWER_MS = 2_000;

/** Whether a gateway answers at an address: its readiness says the mode, which tells it from anything else that may listen there. */
const isGateway = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { status } = (await response.json()) as { status?: string };
    return status === 'ok';
  } catch {
    return false;
  }
};

const tokenOf = async (order: Order, config: Config): Promise<string> => {
  const token = order.token ?? config.adminToken ?? (await keptToken(config));
  if (!token) throw new Mistake('A gateway answers, but there is no token for it. Give a staff token: --token or ADMIN_TOKEN.');
  return token;
};

const keptToken = async ({ backend }: Config): Promise<string | null> => {
  if (backend.mode !== 'embedded') return null;
  const { adminTokenFile } = await import('./start.ts');
  try {
    return readFileSync(adminTokenFile(backend.dataDir), 'utf8').trim() || null;
  } catch {
    return null;
  }
};

/** Sends the file and waits for the head of the answer, which comes while the file is still on its way. */
const post = (address: URL, token: string, source: Readable, encoding: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const send = address.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = { authorization: `Bearer ${token}`, 'content-type': `text/csv; charset=${encoding}` };
    const request = send(address, { method: 'POST', headers }, resolve);
    request.on('error', reject);
    source.once('error', (error) => request.destroy(error));
    source.pipe(request);
  });

/** Imports through a gateway, reading its answers as they come. */
async function* importThere(url: string, token: string, source: Readable, encoding: string): AsyncGenerator<Line, void> {
  try {
    const response = await post(new URL(`${url}/import/customers?results=notable`), token, source, encoding);
    const isStream = response.statusCode === 200;
    let rest = '';
    for await (const piece of response.setEncoding('utf8')) {
      rest += piece;
      if (!isStream) continue;
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as Line;
    }
    if (!isStream) throw new Mistake(refusalIn(rest) ?? `The gateway at ${url} answered with status ${response.statusCode}.`);
  } catch (error) {
    if (error instanceof Mistake) throw error;
    throw source.errored ?? new Mistake(`The connection to the gateway at ${url} broke: ${(error as Error).message}. ${AGAIN}`);
  }
}

const refusalIn = (body: string): string | null => {
  try {
    return (JSON.parse(body) as { errors?: { message: string }[] }).errors?.[0]?.message ?? null;
  } catch {
    return null;
  }
};

/** Imports without a gateway, into the database that the environment names. */
async function* importHere(config: Config, source: Readable, encoding: string): AsyncGenerator<Line, void> {
  if (config.backend.mode === 'embedded' && config.backend.dataDir === 'memory') {
    throw new Mistake('DATA_DIR=memory keeps nothing. Start the gateway and import into it, or name a folder.');
  }
  // The whole gateway is behind this: loaded here, a command that only sends a file starts in a fraction of the time.
  const { createLog, openApp } = await import('./start.ts');
  const { importCustomers, openImport } = await import('./capabilities/transfer/import-customers.ts');
  const app = await openApp(config, createLog(config.logLevel)).catch((error: Error) => {
    throw new Mistake(`The database cannot be opened: ${error.message}`);
  });
  try {
    for await (const lines of importCustomers(app, SYSTEM_ACTOR, await openImport(source, encoding))) yield* lines;
  } finally {
    await app.close();
    await app.backend.close();
  }
}

const sentence = ({ rows, created, updated, unchanged, rejected }: Totals): string =>
  `${rows} rows: ${created} created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`;

const SAID_MS = 3_000;

/** Progress on standard error: one line that is written over on a terminal, a line every few seconds elsewhere. */
const progress = () => {
  const { stderr } = process;
  let saidAt = Date.now();
  let isShown = false;
  return {
    say: (totals: Totals): void => {
      const text = sentence(totals);
      if (stderr.isTTY) stderr.write(`\r\u001b[K${text}`);
      else if (Date.now() - saidAt >= SAID_MS) stderr.write(`${text}\n`);
      else return;
      saidAt = Date.now();
      isShown = true;
    },
    clear: (): void => {
      if (stderr.isTTY && isShown) stderr.write('\r\u001b[K');
      isShown = false;
    },
  };
};

/** Shows what an import says. Answers with the totals, or throws when it ended early. */
const report = async (lines: AsyncIterable<Line>, showNotes: boolean): Promise<Totals> => {
  const { say, clear } = progress();
  let notes = 0;
  let done: Totals | null = null;
  const print = (text: string): void => {
    clear();
    console.log(text);
  };
  for await (const line of lines) {
    if ('error' in line) throw new Mistake(line.error.message);
    if ('ignored' in line) print(`Columns that are not imported: ${line.ignored.join(', ')}`);
    else if ('progress' in line) say(line.progress);
    else if ('done' in line) done = line.done;
    else if (line.outcome === 'rejected') print(`line ${line.line} rejected: ${line.code}${line.field ? ` ${line.field}` : ''}. ${line.message}`);
    else if (line.note) {
      notes += 1;
      if (showNotes) print(`line ${line.line}: ${line.note}`);
    }
  }
  clear();
  if (!done) throw new Mistake(`The import ended early. ${AGAIN}`);
  if (notes > 0 && !showNotes)
    console.log(`${notes} rows held other values than earlier rows of the same customer, which were kept; --notes lists them.`);
  console.log(sentence(done));
  return done;
};

const run = async (order: Order): Promise<boolean> => {
  const config = readConfig(process.env);
  const url = (order.url ?? config.publicUrl ?? `http://localhost:${config.port}`).replace(/\/+$/, '');
  if (!URL.canParse(url)) throw new Mistake(`${url} is not an address.`);
  const isThere = await isGateway(url);
  if (!isThere && order.url) throw new Mistake(`No gateway answers at ${url}.`);
  const source = await openSource(order.file);
  process.once('SIGINT', () => source.destroy(new Mistake(`Stopped. ${AGAIN}`)));
  const lines = isThere ? importThere(url, await tokenOf(order, config), source, order.encoding) : importHere(config, source, order.encoding);
  const { rows, rejected } = await report(lines, order.showNotes);
  return rows > rejected;
};

try {
  const order = readOrder();
  if (!order) console.log(USAGE);
  const isImported = order ? await run(order) : process.argv.includes('--help') || process.argv.includes('-h');
  process.exit(isImported ? 0 : 1);
} catch (error) {
  const known = error instanceof DomainError ? messageOf(error) : error instanceof Mistake || error instanceof ConfigError ? error.message : null;
  console.error(known ?? error);
  process.exit(1);
}
