import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSharedDirectory } from '../../src/drivers/contract/shared-directory.contract.ts'
import { busyboxNetwork } from '../../src/drivers/contract/shell-network.contract.ts'
import { shellScript } from '../../src/drivers/contract/shell-steps.contract.ts'
import { DockerDriver } from '../../src/drivers/docker/docker-driver.ts'
import { exerciseDriver } from '../../src/drivers/driver.contract.ts'
import type { AttemptSpec, Driver } from '../../src/drivers/driver.ts'
import { driverWith } from '../../src/drivers/driver-with.testing.ts'
import { baseImage } from './base-image.ts'
import { startEngine } from './engine.ts'
import { startLossyProxy } from './lossy-proxy.ts'

/**
 * Accepts connections and never answers, so a pull from it continues until somebody abandons it.
 */
async function silentRegistry(): Promise<{ address: string; close(): void }> {
  const connections = new Set<Socket>()
  const server = createServer((connection) => connections.add(connection.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    for (const connection of connections) connection.destroy()
  }
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

/**
 * The Docker driver passes the contract of all drivers, over a real engine that is killed and comes
 * back.
 */
exerciseDriver({
  async make() {
    const engine = await startEngine({ liveRestore: true })
    const directory = makeSharedDirectory()
    const dataDir = await mkdtemp(join(tmpdir(), 'openbatch-docker-contract-'))
    const proxy = await startLossyProxy(engine.socketPath, join(dataDir, 'proxy.sock'))
    const installationId = randomUUID()
    const silent = await silentRegistry()

    const spec = (name: string, command: readonly string[]): AttemptSpec => ({
      ...{ name, jobId: name, attempt: 1, image: baseImage, command, environment: {}, labels: {}, gpus: 0 },
      ...{ vcpus: 1, cpuIsHardLimit: false, memoryMib: 512, privileged: false, readonlyRootFilesystem: false },
      ...{ ulimits: [], mounts: [] },
    })
    return {
      async open() {
        const driver = new DockerDriver({ installationId, dockerHost: proxy.dockerHost, dataDir })
        // Added here, because some cases replace the specification's mounts with their own.
        const shared = {
          kind: 'host',
          sourcePath: directory.path,
          containerPath: directory.path,
          readOnly: false,
        } as const
        const start: Driver['start'] = (asked, ...more) =>
          driver.start({ ...asked, mounts: [...asked.mounts, shared] }, ...more)
        return driverWith(driver, { start })
      },
      spec(name, steps) {
        directory.prepare(steps)
        const script = shellScript({ name, steps, sharedDirectory: directory.path, network: busyboxNetwork })
        return spec(name, ['sh', '-c', script])
      },
      pending: (name) => ({ ...spec(name, []), image: `${silent.address}/never:1` }),
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
        silent.close()
        await engine.stop()
        directory.dispose()
        await rm(dataDir, { recursive: true, force: true })
      },
    }
  },
})
