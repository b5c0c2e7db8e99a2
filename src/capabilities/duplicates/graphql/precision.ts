import type { Language } from '../../../core/language.ts';
import { builder } from '../../../graphql/builder.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { messageOf } from '../../../graphql/messages/messages.ts';
import { DECISIONS_MIN, type Precision, precisionOf } from '../precision.ts';

const percent = (share: number): string => (Math.round(share * 1_000) / 10).toFixed(1);

const sentence = ({ confirmed, dismissed, low, high, isEnough }: Precision, language: Language): string =>
  isEnough
    ? messageOf('DUPLICATE_PRECISION', { count: confirmed + dismissed, confirmed, low: percent(low), high: percent(high) }, language)
    : messageOf('DUPLICATE_PRECISION_TOO_FEW', { count: confirmed + dismissed, min: DECISIONS_MIN }, language);

export const DuplicatePrecision = builder.objectRef<Precision>('DuplicatePrecision').implement({
  description: 'Which part of the pairs at or above a score is one person, by what staff decided of such pairs.',
  fields: (t) => ({
    confirmedCount: t.int({ nullable: false, resolve: ({ confirmed }) => confirmed }),
    dismissedCount: t.int({ nullable: false, resolve: ({ dismissed }) => dismissed }),
    isEnough: t.exposeBoolean('isEnough', {
      nullable: false,
      description: `Whether there are at least ${DECISIONS_MIN} decisions; fewer tell little.`,
    }),
    precision: t.exposeFloat('precision', { nullable: true, description: 'The part that was confirmed; null without decisions.' }),
    low: t.exposeFloat('low', { nullable: false, description: 'Of Wilson’s interval at 95 %.' }),
    high: t.exposeFloat('high', { nullable: false, description: 'Of the same.' }),
    message: t.string({
      nullable: false,
      description: 'The same in words, in the language of the operation.',
      resolve: (precision, _args, context, info) => sentence(precision, languageOfOperation(info, context)),
    }),
  }),
});

builder.prismaObjectFields('DuplicateMergeRun', (t) => ({
  precision: t.field({
    type: DuplicatePrecision,
    nullable: false,
    description: 'What staff’s decisions said of such pairs when it began.',
    select: { confirmedCount: true, dismissedCount: true },
    resolve: ({ confirmedCount: confirmed, dismissedCount: dismissed }) => precisionOf({ confirmed, dismissed }),
  }),
}));
