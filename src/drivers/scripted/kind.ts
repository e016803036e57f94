import { join } from 'node:path'
import { Type } from 'typebox'
import { capacitySettings, defineKind } from '../driver-kind.ts'

export const scripted = defineKind({
  kind: 'scripted',
  summary: 'Nothing runs: the driver plays the script in each job’s command. For trying things out and for tests.',
  Settings: Type.Object({
    evidenceFile: Type.Optional(Type.String({ description: 'file that gets a line for every run, for tests' })),
    hosts: Type.Integer({
      description: 'hosts it pretends to have, each with the vCPUs, memory and GPUs below: local, host-2, …',
      minimum: 1,
      maximum: 1000,
      default: 1,
    }),
    ...capacitySettings,
    gpus: Type.Integer({ description: 'GPUs each of its hosts pretends to have', minimum: 0, default: 0 }),
  }),
  isOfferedUnasked: false,
  async create({ evidenceFile, hosts, vcpus = 64, memoryMib = 256 * 1024, gpus }, { home }) {
    const { ScriptedDriver } = await import('./scripted-driver.ts')
    return new ScriptedDriver({
      directory: join(home, 'scripted'),
      hosts: Array.from({ length: hosts }, (_, index) => ({
        hostName: index === 0 ? 'local' : `host-${index + 1}`,
        ...{ vcpus, memoryMib, gpus },
      })),
      ...(evidenceFile === undefined ? {} : { evidenceFile }),
    })
  },
})
