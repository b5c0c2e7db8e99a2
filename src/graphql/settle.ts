import type { GraphQLResolveInfo } from 'graphql';
import { DomainError } from '../core/errors.ts';
import { actorOf } from '../core/viewer.ts';
import { checkKey, fingerprintOf, type IdempotencyRequest, once, unpack } from '../db/idempotency.ts';
import type { SqlTx, Tx } from '../db/transact.ts';
import type { Context } from './context.ts';
import { idempotencyKeyOf, languageOfOperation } from './directives.ts';
import { type Settled, userErrorOf } from './errors.ts';

/** How this field may be recognised when it is sent again, or null when its caller gave no key. */
const idempotencyOf = (context: Context, info: GraphQLResolveInfo, args: unknown, secret: boolean): IdempotencyRequest | null => {
  const key = idempotencyKeyOf(info, context);
  if (key === null) return null;
  const plain = fingerprintOf(info.fieldName, args);
  return {
    scope: actorOf(context.viewer),
    key: checkKey(key),
    fingerprint: secret ? context.app.keyring.digest('fingerprint', plain) : plain,
    ...(secret ? { sealWith: context.app.keyring } : {}),
  };
};

/** Turns a refusal into `userErrors`; anything else is thrown on. */
const refusals = async <Ids extends object>(context: Context, info: GraphQLResolveInfo, run: () => Promise<Ids>): Promise<Settled<Ids>> => {
  try {
    return { ...(await run()), userErrors: [] };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { userErrors: [userErrorOf(error, languageOfOperation(info, context))] } as unknown as Settled<Ids>;
  }
};

/**
 * Runs a verb in a transaction of its own and settles its answer into a payload, once for the caller's idempotency key when there is one.
 * With `secret`, the answer holds tokens: it is kept sealed and given again for ten minutes.
 */
export const settle = <Ids extends object>(
  context: Context,
  info: GraphQLResolveInfo,
  args: unknown,
  run: (tx: Tx) => Promise<Ids>,
  { secret = false }: { secret?: boolean } = {},
): Promise<Settled<Ids>> =>
  refusals(context, info, async () => {
    const idempotency = idempotencyOf(context, info, args, secret);
    return idempotency ? settleOnce(context, idempotency, run) : context.app.transact(actorOf(context.viewer), run);
  });

/** The same for a verb that says itself in SQL. */
export const settleSql = <Ids extends object>(
  context: Context,
  info: GraphQLResolveInfo,
  args: unknown,
  run: (tx: SqlTx) => Promise<Ids>,
  { secret = false }: { secret?: boolean } = {},
): Promise<Settled<Ids>> =>
  refusals(context, info, async () => {
    const idempotency = idempotencyOf(context, info, args, secret);
    return idempotency ? settleOnce(context, idempotency, run) : context.app.transactSql(actorOf(context.viewer), run);
  });

/**
 * The same with slow work before the transaction, a password's hash for example, which may refuse. A caller who comes again with a known
 * key has that work done again, and is answered as before.
 */
export const settleAfter = <Prepared, Ids extends object>(
  context: Context,
  info: GraphQLResolveInfo,
  args: unknown,
  prepare: () => Promise<Prepared>,
  run: (tx: SqlTx, prepared: Prepared) => Promise<Ids>,
  { secret = true }: { secret?: boolean } = {},
): Promise<Settled<Ids>> =>
  refusals(context, info, async () => {
    const prepared = await prepare();
    const idempotency = idempotencyOf(context, info, args, secret);
    const verb = (tx: SqlTx) => run(tx, prepared);
    return idempotency ? settleOnce(context, idempotency, verb) : context.app.transactSql(actorOf(context.viewer), verb);
  });

const settleOnce = async <Ids extends object>(
  { app, viewer }: Context,
  idempotency: IdempotencyRequest,
  run: (tx: Tx) => Promise<Ids>,
): Promise<Ids> => unpack(await app.transact(actorOf(viewer), (tx) => once(tx, idempotency, () => run(tx))));

/** The ledger's way: its door keeps key and answer itself, so the verb is handed the key and no transaction. */
export const settleMovement = <Ids extends object>(
  context: Context,
  info: GraphQLResolveInfo,
  args: unknown,
  run: (why: { actor: string; idempotency: { scope: string; key: string; fingerprint: string } | null }) => Promise<Ids>,
): Promise<Settled<Ids>> =>
  refusals(context, info, async () => {
    const idempotency = idempotencyOf(context, info, args, false);
    return run({
      actor: actorOf(context.viewer),
      idempotency: idempotency && { scope: idempotency.scope, key: idempotency.key, fingerprint: idempotency.fingerprint.toString('hex') },
    });
  });

/** Makes the verb inside `settle`, where its refusals of the input become `userErrors`, and once, however often the transaction runs. */
export const deferred = <Tx, Result>(make: () => (tx: Tx) => Promise<Result>): ((tx: Tx) => Promise<Result>) => {
  let verb: ((tx: Tx) => Promise<Result>) | undefined;
  return async (tx) => {
    verb ??= make();
    return verb(tx);
  };
};
