import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSharedDirectory } from '../../src/drivers/contract/shared-directory.contract.ts'
import { busyboxNetwork } from '../../src/drivers/contract/shell-network.contract.ts'
import { shellScript } from '../../src/drivers/contract/shell-steps.contract.ts'
import { createDockerDriver } from '../../src/drivers/docker/docker-driver.ts'
import { exerciseDriver } from '../../src/drivers/driver.contract.ts'
import type { AttemptSpec, Driver } from '../../src/drivers/driver.ts'
import { baseImage } from './base-image.ts'
import { startEngine } from './engine.ts'
import { startLossyProxy } from './lossy-proxy.ts'

/** The Docker driver keeps the contract of all drivers, over a real engine that is killed and comes back. */
exerciseDriver({
  async make() {
    const engine = await startEngine({ liveRestore: true })
    const directory = makeSharedDirectory()
    const dataDir = await mkdtemp(join(tmpdir(), 'openbatch-docker-contract-'))
    const proxy = await startLossyProxy(engine.socketPath, join(dataDir, 'proxy.sock'))
    const installationId = randomUUID()

    const spec = (name: string, command: readonly string[]): AttemptSpec => ({
      ...{ name, jobId: name, attempt: 1, image: baseImage, command, environment: {}, labels: {}, gpus: 0 },
      ...{ vcpus: 1, cpuIsHardLimit: false, memoryMib: 512, privileged: false, readonlyRootFilesystem: false },
      ...{ ulimits: [], mounts: [] },
    })
    return {
      async open() {
        const driver = createDockerDriver({ installationId, dockerHost: proxy.dockerHost, dataDir })
        // Added here, since some cases put mounts of their own in place of the specification's.
        const shared = {
          kind: 'host',
          sourcePath: directory.path,
          containerPath: directory.path,
          readOnly: false,
        } as const
        const start: Driver['start'] = (asked, signal) =>
          driver.start({ ...asked, mounts: [...asked.mounts, shared] }, signal)
        return { ...driver, start }
      },
      spec(name, steps) {
        directory.prepare(steps)
        const script = shellScript({ name, steps, sharedDirectory: directory.path, network: busyboxNetwork })
        return spec(name, ['sh', '-c', script])
      },
      impossible: (name) => spec(name, ['/no/such/command']),
      openGate: (gate) => directory.openGate(gate),
      runs: (name) => directory.runs(name),
      loseNextStartReply: () => proxy.loseNextStartReply(),
      async breakEngine() {
        await engine.kill9()
        return { mend: () => engine.resume() }
      },
      loseHost: () => engine.reboot(),
      async dispose() {
        await proxy.stop()
        await engine.stop()
        directory.dispose()
        await rm(dataDir, { recursive: true, force: true })
      },
    }
  },
})
