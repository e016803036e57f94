import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DockerDriver, type DockerDriverOptions } from '../../src/drivers/docker/docker-driver.ts'
import type { AttemptSpec, Observation } from '../../src/drivers/driver.ts'
import type { LogEntry } from '../../src/model/log-entry.ts'
import { baseImage } from './base-image.ts'
import { callEngine, engineJson } from './engine-http.ts'

/**
 * What the Docker driver's own tests share: drivers over one engine, small attempts, and a view of
 * their containers.
 */
export interface DockerSetting {
  readonly dataDir: string
  driver(options?: Partial<DockerDriverOptions>): DockerDriver
  /** The engine's own view of an attempt's container. */
  container(installationId: string, name: string): Promise<EngineContainer>
  dispose(): Promise<void>
}

/** The part of `GET /containers/ID/json` that tests read. */
export interface EngineContainer {
  readonly Id: string
  readonly HostConfig: Readonly<Record<string, unknown>>
  readonly Config: { readonly Labels: Readonly<Record<string, string>> }
}

export async function dockerSetting(socketPath: string): Promise<DockerSetting> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openbatch-docker-'))
  const drivers: DockerDriver[] = []
  const installations = new Set<string>()
  return {
    dataDir,
    driver(options = {}) {
      const installationId = options.installationId ?? newInstallation()
      installations.add(installationId)
      const made = new DockerDriver({ dockerHost: `unix://${socketPath}`, dataDir, ...options, installationId })
      drivers.push(made)
      return made
    },
    container: (installationId, name) =>
      engineJson(socketPath, 'GET', `/containers/openbatch-${installationId}-${name}/json`) as Promise<EngineContainer>,
    async dispose() {
      for (const driver of drivers) await driver.close()
      for (const installation of installations) {
        for (const label of ['installation', 'network-of']) {
          const filters = encodeURIComponent(JSON.stringify({ label: [`openbatch.${label}=${installation}`] }))
          const path = `/containers/json?all=1&filters=${filters}`
          const left = (await engineJson(socketPath, 'GET', path)) as { Id: string }[]
          for (const { Id } of left) await callEngine(socketPath, 'DELETE', `/containers/${Id}?force=1&v=1`)
        }
        await callEngine(socketPath, 'DELETE', `/networks/openbatch-${installation}`)
      }
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export function newInstallation(): string {
  return randomUUID().replaceAll('-', '').slice(0, 12)
}

export function attempt(name: string, script: string, changes: Partial<AttemptSpec> = {}): AttemptSpec {
  return {
    ...{ name, jobId: name, attempt: 1, image: baseImage, command: ['sh', '-c', script], environment: {}, labels: {} },
    ...{ vcpus: 1, cpuIsHardLimit: false, memoryMib: 128, gpus: 0, privileged: false, readonlyRootFilesystem: false },
    ...{ ulimits: [], mounts: [], ...changes },
  }
}

/** Reads the output to its end and returns it with the attempt's end. */
export async function finish(driver: DockerDriver, name: string): Promise<{ lines: string[]; end: Observation }> {
  const lines = (await entriesOf(driver, name)).map((entry) => entry.message)
  return { lines, end: (await driver.inspect([name])).get(name)! }
}

export async function entriesOf(driver: DockerDriver, name: string, cursor?: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for await (const batch of driver.streamLogs(name, cursor, new AbortController().signal)) entries.push(...batch)
  return entries
}

/** Starts the attempt, which must succeed, and follows it to its end. */
export async function runAttempt(
  driver: DockerDriver,
  spec: AttemptSpec,
): Promise<{ lines: string[]; end: Observation }> {
  const outcome = await driver.start(spec)
  if (outcome.kind !== 'started') throw new Error(`${spec.name}: ${JSON.stringify(outcome)}`)
  return finish(driver, spec.name)
}

/** Resolves once the attempt has printed the line. */
export async function untilPrinted(driver: DockerDriver, name: string, line: string): Promise<void> {
  const abort = new AbortController()
  for await (const batch of driver.streamLogs(name, undefined, abort.signal)) {
    if (batch.some((entry) => entry.message === line)) return
  }
  throw new Error(`${name} ended without printing ${line}`)
}
