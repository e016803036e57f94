import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSharedDirectory } from '../contract/shared-directory.contract.ts'
import { shellScript } from '../contract/shell-steps.contract.ts'
import { exerciseDriver } from '../driver.contract.ts'
import type { AttemptSpec } from '../driver.ts'
import { openCgroups } from './cgroups.ts'
import { createProcessDriver } from './process-driver.ts'

const probe = openCgroups(`openbatch-probe-${process.pid}`)
const limitsMemory = !probe.notes.some((note) => note.startsWith('memory limits are not enforced'))
probe.close()

exerciseDriver({
  make: async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-process-'))
    chmodSync(dataDir, 0o711)
    const shared = makeSharedDirectory()
    return {
      open: async () => createProcessDriver({ dataDir }),
      spec(name, steps) {
        shared.prepare(steps)
        return specOf(name, ['sh', '-c', shellScript({ name, steps, sharedDirectory: shared.path })])
      },
      impossible: (name) => specOf(name, ['no-such-program-anywhere']),
      openGate: shared.openGate,
      runs: shared.runs,
      async dispose() {
        shared.dispose()
        rmSync(dataDir, { recursive: true, force: true })
      },
    }
  },
  skip: [
    {
      reason: 'the engine is the machine itself: it cannot be away',
      cases: [
        'away: says so everywhere, and goes on when the engine is back',
        'away: a reader in the middle of the output is told',
        'start: a lost reply is unknown, and the next call adopts',
      ],
    },
    {
      reason: 'a process has no mounts; the driver refuses them',
      cases: ['scratch: mounts of one volume share it, and it is gone with the attempt'],
    },
    ...(limitsMemory
      ? []
      : [
          {
            reason: 'this machine does not let this user make memory cgroups',
            cases: ['memory: taking more than its limit ends the attempt, out of memory'] as const,
          },
        ]),
  ],
})

function specOf(name: string, command: string[]): AttemptSpec {
  return {
    name,
    jobId: name,
    attempt: 1,
    image: 'none',
    command,
    environment: {},
    vcpus: 1,
    cpuIsHardLimit: false,
    memoryMib: 128,
    gpus: 0,
    privileged: false,
    readonlyRootFilesystem: false,
    mounts: [],
    ulimits: [],
    labels: {},
  }
}
