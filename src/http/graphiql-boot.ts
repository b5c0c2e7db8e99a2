/**
 * Starts GraphiQL in the browser: the ready tabs with their tokens, and a way to send operations.
 * Queries and mutations go by fetch; subscriptions by WebSocket, each with the headers of its own tab as connectionParams,
 * which the fetcher that GraphiQL brings along would leave out.
 */
export const BOOT = String.raw`
const { tabs, newTabHeaders, workers } = JSON.parse(document.getElementById('settings').textContent);

self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_id, label) => workers[label] };

const nameOf = (query) => /^\s*(?:query|mutation|subscription)\s+(\w+)/m.exec(query || '')?.[1];

// What was typed is kept between visits. Ready tabs get this visit's tokens and idempotency keys:
// a token of the last visit may have run out, and a key of the last visit would only repeat its answer.
const kept = (() => {
  try {
    return JSON.parse(localStorage.getItem('graphiql:tabState'));
  } catch {
    return null;
  }
})();
const withKeyOf = (ready, variables) => {
  try {
    const { key } = JSON.parse(ready.variables);
    return key ? JSON.stringify({ ...JSON.parse(variables), key }, null, 2) : variables;
  } catch {
    return variables;
  }
};
const state = Array.isArray(kept?.tabs) && kept.tabs.length > 0 ? kept : { activeTabIndex: 0, tabs };
state.tabs = state.tabs.map((tab) => {
  const operationName = nameOf(tab.query) || null;
  const ready = tabs.find(({ query }) => nameOf(query) === operationName);
  return {
    title: operationName || '<untitled>',
    response: null,
    ...tab,
    id: tab.id || Math.random().toString(36).slice(2),
    operationName,
    hash: null,
    headers: ready ? ready.headers : tab.headers || null,
    variables: ready ? withKeyOf(ready, tab.variables) : tab.variables || null,
  };
});
const active = state.tabs[state.activeTabIndex] || state.tabs[0];
localStorage.setItem('graphiql:tabState', JSON.stringify(state));
for (const part of ['query', 'variables', 'headers']) localStorage.setItem('graphiql:' + part, active[part] || '');

// An address may carry a query that someone else wrote; here it would stand beside a token. It is left out.
history.replaceState(null, '', location.pathname);

// Right after a change of tabs, GraphiQL may still name the operation of the tab before: then the first one is meant.
const operationsOf = (query) => [...query.matchAll(/^\s*(query|mutation|subscription)\b\s*(\w*)/gm)];
const meant = ({ query, operationName }) => operationsOf(query).find(([, , name]) => name === operationName) || operationsOf(query)[0];

const send = async (operation, headers) => {
  const response = await fetch(location.pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(operation),
  });
  return response.json();
};

const subscribe = (operation, headers) => {
  const url = location.origin.replace(/^http/, 'ws') + location.pathname;
  const results = graphqlWs.createClient({ url, connectionParams: headers, lazyCloseTimeout: 0 }).iterate(operation);
  const readable = (error) => {
    throw 'code' in error && 'reason' in error
      ? { message: 'The connection was closed: ' + (error.reason || 'no reason was given') + ' (' + error.code + ').' }
      : error;
  };
  return {
    next: () => results.next().catch(readable),
    return: () => results.return(),
    throw: (error) => results.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
};

YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
  title: 'Clientele',
  logo: '<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><circle cx="12" cy="8" r="4"/><path d="M4 21c0-4.4 3.6-7 8-7s8 2.6 8 7"/></svg>',
  query: active.query || '',
  variables: active.variables || '',
  headers: newTabHeaders,
  onEditQuery: () => {},
  fetcher: (operation, options) => {
    const [, kind, name] = meant(operation) || [];
    return (kind === 'subscription' ? subscribe : send)({ ...operation, operationName: name || undefined }, options?.headers ?? {});
  },
});
`;
