import { reconcile, type Total } from './capabilities/store-credit/reconcile.ts';
import { ConfigError, readConfig } from './config.ts';
import { formatAmount } from './core/money.ts';
import { createLog, openApp } from './start.ts';

/** Accounts whose rows are in memory at once. */
const ACCOUNTS_AT_ONCE = 200;
const FAULTS_SHOWN = 20;

const add = (totals: Map<string, Total>, { currency, accounts, balanceMinor, heldMinor }: Total): void => {
  const sum = totals.get(currency);
  totals.set(currency, {
    currency,
    accounts: accounts + (sum?.accounts ?? 0),
    balanceMinor: balanceMinor + (sum?.balanceMinor ?? 0n),
    heldMinor: heldMinor + (sum?.heldMinor ?? 0n),
  });
};

/** Proves the books of all accounts, says what it found, and answers with how many are wrong. */
const verify = async (): Promise<number> => {
  const config = readConfig(process.env);
  const app = await openApp(config, createLog(config.logLevel));
  const totals = new Map<string, Total>();
  let [accounts, transactions, changes, wrong] = [0, 0, 0, 0];
  try {
    for (let after: string | null = null, isFirst = true; isFirst || after; isFirst = false) {
      const page = await reconcile(app.backend.database.sql, { after, limit: ACCOUNTS_AT_ONCE });
      accounts += page.accounts;
      transactions += page.transactions;
      changes += page.changes;
      for (const total of page.totals) add(totals, total);
      for (const { accountId, what, version, rowId } of page.faults) {
        wrong += 1;
        if (wrong <= FAULTS_SHOWN)
          console.error(`account ${accountId}: ${what} is wrong${version === null ? '' : ` from version ${version}`}, row ${rowId}`);
      }
      after = page.next;
    }
  } finally {
    await app.close();
    await app.backend.close();
  }
  if (wrong > FAULTS_SHOWN) console.error(`and ${wrong - FAULTS_SHOWN} more`);
  for (const { currency, accounts: count, balanceMinor, heldMinor } of [...totals.values()].sort((a, b) => a.currency.localeCompare(b.currency))) {
    console.log(`${currency}  ${count} accounts  balance ${formatAmount(balanceMinor, currency)}  held ${formatAmount(heldMinor, currency)}`);
  }
  console.log(
    `${accounts} accounts, ${transactions} transactions, ${changes} changes: ${wrong === 0 ? 'every sum and every hash agrees' : `${wrong} wrong`}`,
  );
  return wrong;
};

try {
  if ((await verify()) > 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
