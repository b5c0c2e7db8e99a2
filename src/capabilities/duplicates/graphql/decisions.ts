import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { decideCandidate, reopenCandidate } from '../decide.ts';
import { CANDIDATE_CODES } from '../errors.ts';

const DuplicateUserError = userErrorType('DuplicateUserError', CANDIDATE_CODES);

const decided = (name: string) =>
  payloadType<{ candidateId: string }>(name, DuplicateUserError, (t) => ({
    duplicateCandidate: t.prismaField({
      type: 'DuplicateCandidate',
      nullable: true,
      resolve: (query, { candidateId }, _args, { app }) =>
        candidateId ? app.backend.database.read.duplicateCandidate.findUnique({ ...query, where: { id: candidateId } }) : null,
    }),
  }));

const DuplicateDismissPayload = decided('DuplicateDismissPayload');
const DuplicateConfirmPayload = decided('DuplicateConfirmPayload');
const DuplicateReopenPayload = decided('DuplicateReopenPayload');

const candidateOf = (gid: string): string => idOf(gid, 'DuplicateCandidate');

builder.mutationFields((t) => ({
  duplicateDismiss: t.field({
    type: DuplicateDismissPayload,
    nullable: false,
    description: 'Two people: the pair is never suggested again, also when one of them is deleted and imported again.',
    authScopes: { staff: 'duplicates:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => decideCandidate(tx, candidateOf(args.id), 'DISMISSED')),
  }),
  duplicateConfirm: t.field({
    type: DuplicateConfirmPayload,
    nullable: false,
    description: 'One person. Remembered as long as a dismissal; it merges nothing.',
    authScopes: { staff: 'duplicates:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => decideCandidate(tx, candidateOf(args.id), 'CONFIRMED')),
  }),
  duplicateReopen: t.field({
    type: DuplicateReopenPayload,
    nullable: false,
    description: 'Takes back what was decided of a pair.',
    authScopes: { staff: 'duplicates:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => reopenCandidate(tx, candidateOf(args.id))),
  }),
}));
