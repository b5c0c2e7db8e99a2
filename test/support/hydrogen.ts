import { existsSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';

/** What Hydrogen keeps between requests, as a storefront gives it. */
interface KeptSession {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  unset(key: string): void;
}

interface Answered {
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
  readonly data: any;
  readonly errors?: unknown;
}

export interface CustomerAccount {
  login(options?: object): Promise<Response>;
  authorize(): Promise<Response>;
  logout(options?: object): Promise<Response>;
  isLoggedIn(): Promise<boolean>;
  query(document: string, options?: { variables: object }): Promise<Answered>;
  mutate(document: string, options?: { variables: object }): Promise<Answered>;
}

type CreateClient = (options: object) => CustomerAccount;

/**
 * Hydrogen as published, unpacked in the folder that a variable names: `npm pack @shopify/hydrogen@2024.10.1 && tar xzf …`. Its
 * dependencies weigh a hundred megabytes and are about what a storefront looks like; the customer's part needs none of them, so they are
 * not installed: each is an object that answers anything.
 */
export const hydrogenAt = (variable: string): CreateClient | null => {
  const folder = process.env[variable];
  if (!folder || !existsSync(path.join(folder, 'package.json'))) return null;
  const anything: unknown = new Proxy(() => anything, {
    get: (_target, name) => (name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : anything),
    apply: () => anything,
    construct: () => ({}),
  });
  const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => {
    const isOwn = request.startsWith('.') || path.isAbsolute(request) || request.startsWith('node:');
    return isOwn ? load.call(Module, request, ...rest) : anything;
  };
  try {
    const require = createRequire(path.join(folder, 'package.json'));
    return (require('./dist/production/index.cjs') as { createCustomerAccountClient: CreateClient }).createCustomerAccountClient;
  } finally {
    loader._load = load;
  }
};

export const keptSession = (): KeptSession & { readonly values: Map<string, unknown> } => {
  const values = new Map<string, unknown>();
  return { values, get: (key) => values.get(key), set: (key, value) => void values.set(key, value), unset: (key) => void values.delete(key) };
};
