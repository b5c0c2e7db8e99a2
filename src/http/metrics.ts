import { type DocumentNode, Kind } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export interface Metrics {
  readonly registry: Registry;
  readonly plugin: Plugin;
  /** Starts the clock of an operation; what it answers with is called at the end. */
  readonly timeOperation: (document: DocumentNode) => (outcome: 'ok' | 'errors') => void;
  readonly sockets: Gauge;
  readonly requests: Histogram<'route' | 'status'>;
  readonly imported: Counter<'outcome'>;
}

const operationKind = (document: DocumentNode): string =>
  document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)?.operation ?? 'query';

/** Prometheus metrics of one gateway. Labels are closed lists: nothing that a caller sends becomes one. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const operations = new Histogram({
    name: 'clientele_graphql_operation_seconds',
    help: 'Time to execute a GraphQL operation.',
    labelNames: ['operation', 'outcome'] as const,
    buckets: SECONDS,
    registers: [registry],
  });
  const timeOperation = (document: DocumentNode) => {
    const stop = operations.startTimer();
    const operation = operationKind(document);
    return (outcome: 'ok' | 'errors'): void => void stop({ operation, outcome });
  };
  return {
    registry,
    timeOperation,
    sockets: new Gauge({ name: 'clientele_websocket_connections', help: 'Open WebSocket connections.', registers: [registry] }),
    requests: new Histogram({
      name: 'clientele_http_request_seconds',
      help: 'Time to answer an HTTP request.',
      labelNames: ['route', 'status'] as const,
      buckets: SECONDS,
      registers: [registry],
    }),
    imported: new Counter({
      name: 'clientele_import_rows_total',
      help: 'Rows of customer imports by outcome.',
      labelNames: ['outcome'] as const,
      registers: [registry],
    }),
    plugin: {
      onExecute: ({ args }) => {
        const stop = timeOperation(args.document);
        return { onExecuteDone: ({ result }) => stop('errors' in (result as object) ? 'errors' : 'ok') };
      },
    },
  };
};
