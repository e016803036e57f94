import { Type } from 'typebox'
import { limits } from '../../model/limits.ts'
import { capacitySettings, defineKind, hostPathSettings } from '../driver-kind.ts'

const Settings = Type.Object({
  ...hostPathSettings,
  ...capacitySettings,
  path: Type.String({
    description: 'PATH of jobs that set none: absolute directories with colons between them',
    pattern: '^/[^:\\0]*(:/[^:\\0]*)*$',
    maxLength: limits.operatorVariableLength,
    default: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  }),
  suppliedAws: Type.Boolean({
    description: 'whether jobs find the supplied `aws` command after everything else that their PATH has',
    default: true,
  }),
  ordinaryUsers: Type.Enum(['ownAccount', 'serverAccount'], {
    description:
      "how jobs of ordinary users run: each user's under an account of their own, which needs a server that is root; or as the server's user, with all of its rights",
    default: 'ownAccount',
  }),
  accounts: Type.Record(Type.String(), Type.String(), {
    description: 'maps users of openbatch to the users of this machine that their jobs run as; never root',
    default: {},
  }),
  firstUid: Type.Integer({
    description: 'first uid of the range for all other users, one uid each',
    minimum: 1000,
    maximum: 4_294_000_000,
    default: limits.firstUidOfJobs,
  }),
  uidCount: Type.Integer({ description: 'number of uids in that range', minimum: 1, default: limits.uidsOfJobs }),
  openDirectory: Type.String({
    description:
      'parent of the directories of jobs that run under accounts of their own: outside the data directory, and reachable for every account',
    pattern: '^/',
    default: '/var/lib/openbatch-jobs',
  }),
})

export const processes = defineKind({
  kind: 'process',
  summary: 'Jobs run as plain processes of this machine. Their image is recorded and not used.',
  Settings,
  isOfferedUnasked: true,
  ownPaths: ({ openDirectory }) => [openDirectory],
  async create({ vcpus, memoryMib, hostPaths: _, suppliedAws, ...settings }, { identity, findAws, ...place }) {
    const { createProcessDriver } = await import('./process-driver.ts')
    return createProcessDriver({
      ...{ installationId: identity, ...place, ...settings },
      ...(suppliedAws && findAws ? { findAws } : {}),
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memoryMib === undefined ? {} : { memoryMib }),
    })
  },
})
