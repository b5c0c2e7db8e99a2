import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { checkPage } from '../../graphql/pages.ts';
import { settleSql } from '../../graphql/settle.ts';
import { MULTIPASS_SECRET_CODES } from './errors.ts';
import { createMultipassSecret, revokeMultipassSecret, rotateMultipassSecret, type SecretMade } from './secrets.ts';

builder.prismaNode('MultipassSecret', {
  description: 'What the shop’s own site makes Multipass tokens with. The secret itself is never shown again.',
  id: { field: 'id' },
  nullable: true,
  authScopes: { staff: 'multipass:read' },
  fields: (t) => ({
    hint: t.exposeString('hint', { nullable: false, description: 'The secret’s last four characters.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'When it stops verifying, once another has replaced it.' }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
  }),
});

const MultipassSecretUserError = userErrorType('MultipassSecretUserError', MULTIPASS_SECRET_CODES);

const made = (name: string) =>
  payloadType<SecretMade>(name, MultipassSecretUserError, (t) => ({
    multipassSecret: t.prismaField({
      type: 'MultipassSecret',
      resolve: (query, { multipassSecretId: id }, _args, { app }) =>
        id ? app.backend.database.read.multipassSecret.findUnique({ ...query, where: { id } }) : null,
    }),
    secret: t.string({ description: 'Shown once: keep it now.', resolve: ({ secret }) => secret ?? null }),
  }));

const CreatePayload = made('MultipassSecretCreatePayload');
const RotatePayload = made('MultipassSecretRotatePayload');
const RevokePayload = payloadType<{ multipassSecretId: string }>('MultipassSecretRevokePayload', MultipassSecretUserError, (t) => ({
  revokedMultipassSecretId: t.globalID({
    nullable: true,
    resolve: ({ multipassSecretId: id }) => (id ? { type: 'MultipassSecret', id } : null),
  }),
}));

builder.queryFields((t) => ({
  multipassSecrets: t.prismaConnection(
    {
      type: 'MultipassSecret',
      cursor: 'id',
      nullable: false,
      description: 'All Multipass secrets, newest first, revoked ones included.',
      authScopes: { staff: 'multipass:read' },
      resolve: (query, _root, args, { app }) => {
        checkPage(args);
        return app.backend.database.read.multipassSecret.findMany({ ...query, orderBy: { id: 'desc' } });
      },
    },
    { name: 'MultipassSecretConnection' },
    { name: 'MultipassSecretEdge' },
  ),
}));

builder.mutationFields((t) => ({
  multipassSecretCreate: t.field({
    type: CreatePayload,
    description: 'Makes a Multipass secret beside those that are good already. Whoever holds it can sign in as any customer.',
    authScopes: { staff: 'multipass:write' },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => createMultipassSecret(tx, context.app.keyring), { secret: true }),
  }),
  multipassSecretRotate: t.field({
    type: RotatePayload,
    description: 'Makes a new secret; those before it verify for `overlapSeconds` more, at most thirty days.',
    authScopes: { staff: 'multipass:write' },
    args: { overlapSeconds: t.arg.int({ defaultValue: 0 }) },
    resolve: (_root, args, context, info) =>
      settleSql(context, info, args, (tx) => rotateMultipassSecret(tx, context.app.keyring, args.overlapSeconds ?? 0), { secret: true }),
  }),
  multipassSecretRevoke: t.field({
    type: RevokePayload,
    description: 'Ends a secret at once: what was made with it is refused from now on.',
    authScopes: { staff: 'multipass:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => revokeMultipassSecret(tx, idOf(args.id, 'MultipassSecret'))),
  }),
}));
