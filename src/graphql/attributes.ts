import { builder } from './builder.ts';

export interface Attribute {
  readonly key: string;
  readonly value: string | null;
}

export const AttributeType = builder.objectRef<Attribute>('Attribute').implement({
  description: 'A key and what it says.',
  fields: (t) => ({ key: t.exposeString('key', { nullable: false }), value: t.exposeString('value', { nullable: true }) }),
});

export const AttributeInput = builder.inputType('AttributeInput', {
  fields: (t) => ({ key: t.string({ required: true }), value: t.string({ required: true }) }),
});
