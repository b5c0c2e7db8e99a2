// `DUPLICATES_DATA=folder npm run bench:duplicates` (absent: test/data, which has one of them) scores the matcher on public sets whose duplicates are known: each is loaded into the
// product's own index and compared by its own scan, in an embedded database, with the one configuration that there is. The columns that
// tell the truth, and `soc_sec_id`, are read here for scoring and given to nobody.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { v7 as uuid } from 'uuid';
import { embedded } from '../src/backend/embedded.ts';
import { findPairs, nothingRemembered, readIndexed } from '../src/capabilities/duplicates/find-pairs.ts';
import { indexProfiles } from '../src/capabilities/duplicates/index-profiles.ts';
import { keepCandidates } from '../src/capabilities/duplicates/keep-candidates.ts';
import { type Facts, profileOf } from '../src/capabilities/duplicates/profile.ts';
import { probabilityOf, SUGGESTED_PROBABILITY } from '../src/capabilities/duplicates/score.ts';
import type { SqlTx } from '../src/db/transact.ts';
import { table } from './table.ts';

type Row = Readonly<Record<string, string>>;

interface Target {
  readonly file: string;
  readonly f1: number;
  readonly precision?: number;
}

const TARGETS: readonly Target[] = [
  { file: 'febrl1.csv', f1: 0.99 },
  { file: 'febrl3.csv', f1: 0.99 },
  { file: 'splink-fake-1000.csv', f1: 0.985 },
  { file: 'febrl3-households.csv', f1: 0.97, precision: 0.955 },
  { file: 'febrl1-households.csv', f1: 0.955 },
];

/** Missed and wrong pairs that are shown of each set. */
const SHOWN_MAX = Number(process.env.DUPLICATES_SHOWN ?? 3);
const CHUNK = 500;

const readRows = (file: string): Row[] => parse(readFileSync(file), { columns: (names: string[]) => names.map((name) => name.trim()), trim: true });

const or = (text: string | undefined): string | null => text || null;

/** A record as a shop would know it. FEBRL has addresses, Splink's demo an e-mail address and a city. */
const factsOf = (row: Row): Facts =>
  'rec_id' in row
    ? {
        firstName: or(row.given_name),
        lastName: or(row.surname),
        email: null,
        phone: null,
        birthDate: or(row.date_of_birth),
        addresses: [
          {
            address1: or(`${row.street_number} ${row.address_1}`.trim()),
            address2: or(row.address_2),
            city: or(row.suburb),
            zip: or(row.postcode),
            zoneCode: or(row.state),
          },
        ],
      }
    : {
        firstName: or(row.first_name),
        lastName: or(row.surname),
        email: or(row.email),
        phone: null,
        birthDate: or(row.dob),
        addresses: [{ address1: null, address2: null, city: or(row.city), zip: null, zoneCode: null }],
      };

/** Who it really is. A relative is a person of its own. */
const personOf = (row: Row): string => row.cluster ?? (/^rec-(\d+)-/.exec(row.rec_id ?? '')?.[1] || row.rec_id || '');

const chunksOf = <Value>(values: readonly Value[]): Value[][] =>
  Array.from({ length: Math.ceil(values.length / CHUNK) }, (_, place) => values.slice(place * CHUNK, (place + 1) * CHUNK));

interface Found {
  readonly one: string;
  readonly two: string;
  readonly weight: number;
  readonly evidence: readonly { field: string; level: string; bits: number }[];
}

/** Loads the records and lets the matcher find its candidates. */
const candidatesOf = async (rows: ReadonlyMap<string, Row>): Promise<{ found: Found[]; indexMs: number; compareMs: number }> => {
  const backend = await embedded({ dataDir: 'memory' });
  const { transaction, sql } = backend.database;
  const run = (part: (tx: SqlTx) => Promise<unknown>) =>
    transaction((inside) => part({ sql: inside, actor: 'system', now: new Date(), isBegun: () => true, emit: () => {}, announce: () => {} }));
  try {
    const ids = [...rows.keys()];
    await sql("insert into customer (id, state) select id::uuid, 'DISABLED' from unnest($1::text[]) as id", [ids]);
    const started = performance.now();
    for (const chunk of chunksOf(ids)) {
      await run((tx) => indexProfiles(tx, new Map(chunk.map((id) => [id, profileOf(factsOf(rows.get(id) as Row))]))));
    }
    const indexed = performance.now();
    for (const chunk of chunksOf(ids))
      await run(async (tx) => keepCandidates(tx, chunk, await findPairs(tx, await readIndexed(tx, chunk), nothingRemembered()), true));
    const compared = performance.now();
    const found = await sql<Found>('select one_id::text as one, two_id::text as two, weight, evidence from duplicate_candidate', []);
    return { found, indexMs: indexed - started, compareMs: compared - indexed };
  } finally {
    await backend.close();
  }
};

const pairsOf = (people: Iterable<readonly string[]>): Set<string> => {
  const pairs = new Set<string>();
  for (const ids of people) for (const [place, one] of ids.entries()) for (const two of ids.slice(place + 1)) pairs.add([one, two].sort().join(' '));
  return pairs;
};

const told = (row: Row): string =>
  Object.entries(row)
    .filter(([name, value]) => value && !['soc_sec_id', 'cluster', 'unique_id', 'rec_id'].includes(name))
    .map(([, value]) => value)
    .join(', ');

const show = (word: string, one: Row, two: Row, found: Found | undefined): string =>
  [
    `${word}${found ? ` at ${probabilityOf(found.weight / 1_000).toFixed(3)}` : ' below even odds, or with no key in common'}`,
    `  ${told(one)}`,
    `  ${told(two)}`,
    ...(found ? [`  ${found.evidence.map(({ field, level, bits }) => `${field} ${level} ${bits}`).join(', ')}`] : []),
  ].join('\n');

const measure = async (folder: string, { file, f1: f1Min, precision: precisionMin }: Target): Promise<{ cells: string[]; isMet: boolean }> => {
  const rows = new Map(readRows(path.join(folder, file)).map((row) => [uuid(), row]));
  const people = new Map<string, string[]>();
  for (const [id, row] of rows) people.set(personOf(row), [...(people.get(personOf(row)) ?? []), id]);
  const truth = pairsOf(people.values());
  const { found, indexMs, compareMs } = await candidatesOf(rows);
  const byPair = new Map(found.map((pair) => [[pair.one, pair.two].sort().join(' '), pair]));
  const suggested = [...byPair].filter(([, { weight }]) => probabilityOf(weight / 1_000) >= SUGGESTED_PROBABILITY).map(([pair]) => pair);
  const right = suggested.filter((pair) => truth.has(pair));
  const wrong = suggested.filter((pair) => !truth.has(pair));
  const missed = [...truth].filter((pair) => !suggested.includes(pair));
  const precision = right.length / suggested.length;
  const recall = right.length / truth.size;
  const f1 = (2 * precision * recall) / (precision + recall);
  console.log(`${file}: ${missed.length} missed, ${wrong.length} wrong`);
  for (const [word, pairs] of [
    ['missed', missed],
    ['wrong', wrong],
  ] as const) {
    for (const pair of pairs.slice(0, SHOWN_MAX)) {
      const [one, two] = pair.split(' ').map((id) => rows.get(id) as Row) as [Row, Row];
      console.log(show(word, one, two, byPair.get(pair)));
    }
  }
  const isMet = f1 >= f1Min && precision >= (precisionMin ?? 0);
  const target = `F1 ≥ ${f1Min}${precisionMin ? `, precision ≥ ${precisionMin}` : ''}`;
  const cells = [file, rows.size, truth.size, precision.toFixed(4), recall.toFixed(4), f1.toFixed(4), missed.length, wrong.length];
  return {
    cells: [
      ...cells.map(String),
      `${(indexMs / rows.size).toFixed(2)} + ${(compareMs / rows.size).toFixed(2)}`,
      `${target}: ${isMet ? 'met' : 'MISSED'}`,
    ],
    isMet,
  };
};

const folder = process.env.DUPLICATES_DATA ?? 'test/data';
const present = TARGETS.filter(({ file }) => existsSync(path.join(folder, file)));
const results: { cells: string[]; isMet: boolean }[] = [];
for (const target of present) results.push(await measure(folder, target));
const columns = ['set', 'records', 'true pairs', 'precision', 'recall', 'F1', 'missed', 'wrong', 'ms a record: index + compare', 'target'];
const note = `Pairs suggested at probability ${SUGGESTED_PROBABILITY} and above, over all true pairs; no clustering.`;
console.log(
  table(
    'Duplicates',
    note,
    columns,
    results.map(({ cells }) => cells),
  ),
);
for (const { file } of TARGETS) {
  if (!present.some((target) => target.file === file)) console.log(`${file} is not in ${folder}: set DUPLICATES_DATA to the folder that holds it.`);
}
process.exit(present.length > 0 && results.every(({ isMet }) => isMet) ? 0 : 1);
