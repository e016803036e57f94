import { Type } from 'typebox'
import { limits } from '../../model/limits.ts'
import { capacitySettings, defineKind } from '../driver-kind.ts'

const Settings = Type.Object({
  ...capacitySettings,
  ordinaryUsers: Type.Enum(['ownAccount', 'serverAccount'], {
    description:
      "how jobs of ordinary users run: each user's under an account of their own, which needs a server that is root; or as the server's user, with all of its rights",
    default: 'ownAccount',
  }),
  accounts: Type.Record(Type.String(), Type.String(), {
    description: 'users of openbatch → users of this machine that their jobs run as; never root',
    default: {},
  }),
  firstUid: Type.Integer({
    description: 'first of the uids for the jobs of all other users, a uid each',
    minimum: 1000,
    maximum: 4_294_000_000,
    default: limits.firstUidOfJobs,
  }),
  uidCount: Type.Integer({ description: 'how many uids there are for them', minimum: 1, default: limits.uidsOfJobs }),
  openDirectory: Type.String({
    description:
      'where jobs under accounts of their own have their directories: outside the data directory, and on the way to it nothing closed to others',
    pattern: '^/',
    default: '/var/lib/openbatch-jobs',
  }),
})

export const processes = defineKind({
  kind: 'process',
  summary: 'Jobs run as plain processes of this machine. Their image is recorded and not used.',
  Settings,
  isOfferedUnasked: true,
  async create({ vcpus, memoryMib, ...settings }, { identity, dataDir, home, logger }) {
    const { createProcessDriver } = await import('./process-driver.ts')
    return createProcessDriver({
      ...{ installationId: identity, dataDir, home, logger },
      ...settings,
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memoryMib === undefined ? {} : { memoryMib }),
    })
  },
})
