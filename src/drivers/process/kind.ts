import { Type } from 'typebox'
import { capacitySettings, defineKind } from '../driver-kind.ts'

export const processes = defineKind({
  kind: 'process',
  summary: 'Jobs run as plain processes of this machine. Their image is recorded and not used.',
  Settings: Type.Object(capacitySettings),
  isOfferedUnasked: true,
  async create({ vcpus, memoryMib }, { identity, dataDir, home, logger }) {
    const { createProcessDriver } = await import('./process-driver.ts')
    return createProcessDriver({
      ...{ installationId: identity, dataDir, home, logger },
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memoryMib === undefined ? {} : { memoryMib }),
    })
  },
})
