import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from '../core/network.ts';
import { answer } from './answer.ts';
import { type Assets, graphiqlAssets } from './graphiql-assets.ts';
import { READY_OPERATIONS, type ReadyOperation } from './graphiql-tabs.ts';

/** Tokens that the ready tabs carry, for a page that is opened on this machine. */
export interface GraphiqlTokens {
  readonly staff: string | null;
  /** An access token of the sample shop's first customer that is good for a while yet. */
  readonly customer: () => Promise<string | null>;
}

const PLACEHOLDERS = { staff: 'STAFF_TOKEN', customer: 'ACCESS_TOKEN_OF_SIGN_IN' } as const;

/** A browser that opens the address asks for HTML by name; no GraphQL client does. */
export const wantsGraphiql = ({ method, headers }: IncomingMessage): boolean => method === 'GET' && Boolean(headers.accept?.includes('text/html'));

const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;
const SIGNS_OF_A_PROXY = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whether the page is opened by someone who sits at this machine and will be the only one to read it: by the socket's own address,
 * under a name of this machine (another name would be a stranger's site that was pointed here), through no proxy, and shown by the
 * browser rather than fetched by another page's script.
 */
export const isOpenedHere = ({ socket, headers }: IncomingMessage, publicUrl: string): boolean =>
  isLoopback(socket.remoteAddress) &&
  LOCAL_HOST.test(headers.host ?? '') &&
  LOCAL_HOST.test(new URL(publicUrl).host) &&
  !SIGNS_OF_A_PROXY.some((name) => headers[name]) &&
  !headers.origin &&
  (headers['sec-fetch-dest'] ?? 'document') === 'document';

const headersOf = (viewer: ReadyOperation['viewer'], tokens: { staff: string; customer: string }): string =>
  viewer === 'anonymous' ? '' : JSON.stringify({ Authorization: `Bearer ${tokens[viewer]}` }, null, 2);

/** What GraphiQL opens with: six operations that work as they stand when the tokens are at hand, else with placeholders for them. */
const settingsOf = ({ url }: Assets, tokens: { staff: string; customer: string }): object => ({
  tabs: READY_OPERATIONS.map(({ viewer, query, variables }) => ({
    query,
    variables: variables ? JSON.stringify(variables(), null, 2) : '',
    headers: headersOf(viewer, tokens),
  })),
  newTabHeaders: headersOf('staff', tokens),
  workers: { editorWorkerService: url('editor-worker.js'), json: url('json-worker.js'), graphql: url('graphql-worker.js') },
});

/** JSON that cannot end the element it stands in. */
const inert = (settings: object): string => JSON.stringify(settings).replaceAll('<', '\\u003c');

// A tab that is pressed jumps away from under the pointer by a leftover of its animation: it stays where it is.
// On a narrow screen the answer stands below the question, and the sidebar lies at the bottom.
const STYLE = `
body{margin:0;height:100vh;height:100dvh}
#root,.graphiql-container{height:100%}
.graphiql-container .graphiql-tab{transform:none!important}
@media(max-width:720px){
.graphiql-container .graphiql-container{flex-direction:column-reverse}
.graphiql-container .graphiql-sidebar{flex-direction:row;width:100%;padding:4px 8px}
.graphiql-container .graphiql-sidebar button{margin-top:0!important}
.graphiql-container .graphiql-main{flex-direction:column;min-height:0}
.graphiql-container .graphiql-sessions{margin:8px 8px 0;min-height:0}
.graphiql-container .graphiql-session-header~div{flex-direction:column;min-height:0}
.graphiql-container .graphiql-editors{flex:3 1 0%!important;min-height:0}
.graphiql-container .graphiql-response{flex:2 1 0%!important;min-height:0}
.graphiql-container .graphiql-horizontal-drag-bar,.graphiql-container .graphiql-logo{display:none}
.graphiql-container .graphiql-plugin{max-height:50%;overflow:auto}
}`;

const html = (assets: Assets, settings: object): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Clientele · GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets.url('graphiql.css')}"><style>${STYLE}</style></head>
<body class="no-focus-outline"><noscript>GraphiQL needs JavaScript.</noscript><div id="root"></div>
<script type="application/json" id="settings">${inert(settings)}</script>
<script src="${assets.url('graphql-ws.js')}"></script>
<script src="${assets.url('graphiql.js')}"></script>
<script src="${assets.url('boot.js')}"></script>
</body></html>`;

/** Scripts and connections are the gateway's own alone. The editor writes style elements, and its fonts and icons are in its stylesheet. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  'font-src data:',
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** GraphiQL at the addresses of GraphQL. It runs nothing by itself, and no other site can frame or read it. */
export const graphiqlPage =
  (publicUrl: string, tokens: GraphiqlTokens | undefined): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) =>
  async (request, response) => {
    const given = tokens && isOpenedHere(request, publicUrl) ? { staff: tokens.staff, customer: await tokens.customer() } : null;
    const assets = await graphiqlAssets();
    const settings = settingsOf(assets, { staff: given?.staff ?? PLACEHOLDERS.staff, customer: given?.customer ?? PLACEHOLDERS.customer });
    answer(response, 200, html(assets, settings), {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': POLICY,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      vary: 'accept',
    });
  };
