import { describe, expect, it } from 'vitest';
import { NOT_MERGED, PROFILE } from '../../src/capabilities/merges/fields.ts';
import { NOT_TAKING_PART, PARTICIPANTS } from '../../src/capabilities/merges/participants.ts';
import { declaredModels } from '../../src/db/read/models.ts';

interface Field {
  readonly name: string;
  readonly kind: string;
  readonly type: string;
  readonly isList: boolean;
}

type Models = Readonly<Record<string, { readonly fields: readonly Field[] }>>;

const models: Models = declaredModels();

/** A row of it says which customer it is about: by a relation, or by a column that is named so. */
const saysWhose = ({ name, kind, type, isList }: Field): boolean =>
  (kind === 'object' && type === 'Customer' && !isList) || (kind === 'scalar' && /^(?:customerId|\w*[oO]wnerId)$/.test(name));

const missing = (all: Models): string[] => {
  const known = new Set([...PARTICIPANTS.flatMap(({ models: claimed }) => claimed), ...Object.keys(NOT_TAKING_PART)]);
  return Object.entries(all)
    .filter(([name, { fields }]) => fields.some(saysWhose) && !known.has(name))
    .map(([name]) => name);
};

describe('participants of a merge', () => {
  it('answer for every model that says whose its rows are: write a merge.ts, or a reason', () => {
    expect(missing(models)).toEqual([]);
  });

  it('would be missed: a model that nobody answers for is named', () => {
    const field = { name: 'customer', kind: 'object', type: 'Customer', isList: false };
    expect(
      missing({ ...models, Favourite: { fields: [field] }, Answer: { fields: [{ ...field, name: 'customerId', kind: 'scalar', type: 'String' }] } }),
    ).toEqual(['Favourite', 'Answer']);
  });

  it('answer for nothing that is not there, and each once by its name', () => {
    const claimed = [...PARTICIPANTS.flatMap((participant) => participant.models), ...Object.keys(NOT_TAKING_PART)];
    expect(claimed.filter((name) => !(name in models))).toEqual([]);
    expect(new Set(PARTICIPANTS.map(({ name }) => name)).size).toBe(PARTICIPANTS.length);
  });

  it('leave no column of a profile undecided', () => {
    const columns = models.Customer?.fields.filter(({ kind }) => kind !== 'object').map(({ name }) => name) ?? [];
    expect(columns.length).toBeGreaterThan(10);
    expect(columns.filter((name) => !(name in PROFILE) && !(name in NOT_MERGED))).toEqual([]);
  });
});
