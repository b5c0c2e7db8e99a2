import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { answer } from './answer.ts';
import { BOOT } from './graphiql-boot.ts';
import type { Handle } from './routes.ts';

/** Where the parts of the page are served; the version in the path changes with any of them, so that browsers may keep them for ever. */
const ROOT = '/dev/graphiql';

interface Asset {
  readonly type: string;
  readonly text: string;
  zipped?: Promise<Buffer>;
}

export interface Assets {
  /** The address of a part of the page. */
  url(name: string): string;
  readonly favicon: string;
  readonly byPath: ReadonlyMap<string, Asset>;
}

const SCRIPT = 'text/javascript; charset=utf-8';
const zip = promisify(gzip);

const load = async (): Promise<Assets> => {
  const { css, js, editorWorkerService, graphqlWorker, jsonWorker, favicon } = await import('@graphql-yoga/render-graphiql/graphiql');
  const graphqlWs = path.join(path.dirname(createRequire(import.meta.url).resolve('graphql-ws')), '../umd/graphql-ws.min.js');
  const texts: Readonly<Record<string, string>> = {
    'graphiql.css': css,
    'graphiql.js': js,
    'editor-worker.js': editorWorkerService,
    'graphql-worker.js': graphqlWorker,
    'json-worker.js': jsonWorker,
    'graphql-ws.js': await readFile(graphqlWs, 'utf8'),
    'boot.js': BOOT,
  };
  const version = createHash('sha256').update(Object.values(texts).join()).digest('hex').slice(0, 16);
  const url = (name: string): string => `${ROOT}/${version}/${name}`;
  const byPath = new Map(
    Object.entries(texts).map(([name, text]) => [url(name), { text, type: name.endsWith('.css') ? 'text/css; charset=utf-8' : SCRIPT }]),
  );
  return { url, favicon, byPath };
};

let loading: Promise<Assets> | undefined;

/** GraphiQL's parts, 9 MB: read when a page is first asked for, not at start. */
export const graphiqlAssets = (): Promise<Assets> => {
  loading ??= load();
  return loading;
};

export const graphiqlAsset: Handle = async (request, response, { graphiql }) => {
  const asset = graphiql ? (await graphiqlAssets()).byPath.get(request.url ?? '') : undefined;
  if (!asset) return answer(response, 404, { errors: [{ message: 'Nothing is here. GraphQL is at /graphql.' }] });
  const headers = {
    'content-type': asset.type,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
  };
  if (!/\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '')) return answer(response, 200, asset.text, headers);
  asset.zipped ??= zip(asset.text);
  response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(await asset.zipped);
};
