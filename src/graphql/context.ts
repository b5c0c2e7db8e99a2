import DataLoader from 'dataloader';
import type { App } from '../app.ts';
import type { Viewer } from '../core/viewer.ts';

/** What is known of a request, whatever it came by. */
export interface RequestFacts {
  /** Named in every answer and log line about it. */
  readonly id: string;
  readonly address: string | undefined;
  readonly userAgent: string | null;
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey: string | null;
  readonly acceptLanguage: string | null;
}

/** What every resolver gets, and nothing else. */
export interface Context {
  readonly app: App;
  /** Changes once at most: when the operation itself signs a customer in. */
  viewer: Viewer;
  readonly request: RequestFacts;
  /** Loaders that capabilities keep for one operation, by name; of a subscription, for one event. Null until there is one. */
  loaders: Map<string, DataLoader<string, unknown>> | null;
}

export const createContext = (app: App, viewer: Viewer, request: RequestFacts): Context => ({ app, viewer, request, loaders: null });

/** The operation's loader of that name, made on first use: many keys, one statement. */
export const loaderOf = <Value>(context: Context, name: string, load: (keys: readonly string[]) => Promise<Map<string, Value>>) => {
  context.loaders ??= new Map();
  const existing = context.loaders.get(name);
  if (existing) return existing as DataLoader<string, Value | null>;
  const loader = new DataLoader<string, Value | null>(async (keys) => {
    const found = await load(keys);
    return keys.map((key) => found.get(key) ?? null);
  });
  context.loaders.set(name, loader as DataLoader<string, unknown>);
  return loader;
};
